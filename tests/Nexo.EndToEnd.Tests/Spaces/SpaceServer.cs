using Nexo.Client;
using Nexo.EndToEnd.Tests.Mqtt;
using Nexo.EndToEnd.Tests.Resp;
using Nexo.EndToEnd.Tests.Security;
using Nexo.Protocol;
using Nexo.Server;

namespace Nexo.EndToEnd.Tests.Spaces;

/// <summary>Servers with the namespaces <c>shop</c> and <c>billing</c>, and what tests put into one.</summary>
internal static class SpaceServer
{
    public const string Shop = "shop";
    public const string Billing = "billing";

    public static NexoServerOptions WithSpaces(NexoServerOptions options) => MqttUser.WithMqtt(options) with
    {
        Namespaces = [Shop, Billing],
        Resp = options.Resp with { Port = NetworkOptions.PortAny },
    };

    /// <summary>With a user of each namespace, called as it is.</summary>
    public static async Task<SecureServer> StartSecureAsync(Func<NexoServerOptions, NexoServerOptions>? change = null)
    {
        SecureServer secure = await SecureServer.StartAsync(options => WithSpaces(change?.Invoke(options) ?? options));
        await secure.BindAsync(Shop, Billing);
        return secure;
    }

    /// <summary>On a disk.</summary>
    public static Task<TestServer> StartAsync(string directory, params string[] names) => TestServer.StartAsync(options =>
        WithSpaces(options) with { DataDirectory = directory, Namespaces = names.Length == 0 ? [Shop, Billing] : names });

    public static ValueTask<NexoClient> ConnectAsync(this TestServer server, string? space = null, string? token = null) =>
        NexoClient.ConnectAsync(new NexoClientOptions { Url = server.Url, Namespace = space, Token = token });

    public static async Task<RespPeer> LogInAsync(this TestServer server, string token)
    {
        RespPeer peer = await RespPeer.ConnectAsync(server);
        await peer.ExpectAsync($"auth {token}", "+OK");
        return peer;
    }

    public static Task<MqttUser> ConnectMqttAsync(this TestServer server, string token, string clientId = "same") =>
        MqttUser.ConnectAsync(server, change: options => options
            .WithClientId(clientId)
            .WithCredentials("token", token)
            .WithCleanStart(false)
            .WithSessionExpiryInterval(1_000));

    /// <summary>One thing of each kind, under names that are the same everywhere, which say whose they are.</summary>
    public static async Task FillAsync(NexoClient client, string owner)
    {
        await client.Store.SetAsync("name", owner);
        await client.Store.SetAsync($"of-{owner}", 1);
        await client.Queue<string>("jobs").PushAsync(owner);
        await client.Queue<string>($"of-{owner}").PushAsync(owner);
        await client.Topics.PublishAsync("news", owner, new() { Retain = true });
        await client.Topics.Bindings.SetAsync(new($"of-{owner}", "news", BindingTarget.Queue, "jobs"));
        await client.Stream<string>("log").CreateAsync();
        await client.Stream<string>("log").AppendAsync(owner);
        await client.Schedules.SetAsync("daily", "0 0 1 1 *", "jobs", owner);
    }

    /// <summary>All of that, in one line.</summary>
    public static async Task<string> ReadAsync(NexoClient client)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        string[] keys = [.. (await client.Store.ScanAsync().ToListAsync(cancel)).Select(key => key.Key.ToString()).Order()];
        List<string> queues = await client.Queues.ListAsync().Select(one => one.Name).ToListAsync(cancel);
        List<string> jobs = await client.Queue<string>("jobs").PeekAsync().Select(one => one.Body).ToListAsync(cancel);
        List<string> retained = await client.Topics.Retained.ListAsync<string>("#").Select(one => one.Body).ToListAsync(cancel);
        List<string> bindings = await client.Topics.Bindings.ListAsync().Select(one => one.Name).ToListAsync(cancel);
        List<string> records = await client.Stream<string>("log").ReadAsync().Select(one => one.Value).ToListAsync(cancel);
        List<string> schedules = await client.Schedules.ListAsync().Select(one => one.Name).ToListAsync(cancel);
        return $"{await client.Store.GetAsync<string>("name")} {Join(keys)} {Join(queues)} {Join(jobs)} {Join(retained)} {Join(bindings)} "
            + $"{Join(records)} {Join(schedules)}";
    }

    public static string Filled(string owner) => $"{owner} name,of-{owner} jobs,of-{owner} {owner} {owner} of-{owner} {owner} daily";

    private static string Join(IEnumerable<string> words) => string.Join(',', words);
}
