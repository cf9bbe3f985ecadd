using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Mqtt;
using Nexo.EndToEnd.Tests.Native;
using Nexo.EndToEnd.Tests.Resp;
using Nexo.EndToEnd.Tests.Security;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Spaces;

/// <summary>Who may be in which namespace, and what becomes of it when that changes.</summary>
public sealed class EntryTests
{
    private const string Shop = SpaceServer.Shop;
    private const string Billing = SpaceServer.Billing;

    [Theory]
    [InlineData(Shop, null, Shop)]
    [InlineData(Shop, Shop, Shop)]
    [InlineData(Shop, Billing, ErrorCode.PermissionDenied)]
    [InlineData(Shop, "default", ErrorCode.PermissionDenied)]
    [InlineData(Shop, "nowhere", ErrorCode.PermissionDenied)]
    [InlineData("ada", null, null)]
    [InlineData("ada", "default", null)]
    [InlineData("ada", Shop, ErrorCode.PermissionDenied)]
    [InlineData("ada", "nowhere", ErrorCode.PermissionDenied)]
    [InlineData("keeper", null, null)]
    [InlineData("keeper", Shop, Shop)]
    [InlineData("keeper", "nowhere", ErrorCode.NamespaceNotFound)]
    [InlineData("keeper", "", ErrorCode.NamespaceNotFound)]
    public async Task A_user_is_where_it_is_bound_to_and_asks_for_another_only_if_it_manages_the_server(
        string user, string? asked, object? expected)
    {
        await using SecureServer secure = await SpaceServer.StartSecureAsync();
        await secure.AllowAsync(("ada", ["store * *", "admin read"]), ("keeper", ["admin manage"]));
        using RawPeer peer = await RawPeer.ConnectAsync(secure.Server);
        await peer.SendAsync([.. ProtocolVersion.Preface]);
        await peer.SendAsync(buffer => new HelloRequest { Token = user, Namespace = asked }.WriteFrame(buffer, 1));
        Frame answer = await peer.ReadAsync();
        if (expected is ErrorCode refusal)
        {
            Assert.Equal((FrameKind.Error, refusal), (answer.Header.Kind, answer.Code));
            Assert.Empty(await peer.ReadToEndAsync());
        }
        else
        {
            Assert.True(HelloReply.TryRead(answer.Body, out HelloReply? welcome));
            Assert.Equal((string?)expected, welcome!.Namespace);
        }
    }

    [Fact]
    public async Task Where_nobody_is_asked_a_client_may_be_anywhere()
    {
        await using TestServer server = await TestServer.StartAsync(SpaceServer.WithSpaces);
        await using NexoClient shop = await server.ConnectAsync(Shop);
        await using NexoClient same = await NexoClient.ConnectAsync($"{server.Url}?namespace={Shop}");
        await using NexoClient other = await server.ConnectAsync();
        await shop.Store.SetAsync("a", 1);
        Assert.Equal(1, await same.Store.GetAsync<int>("a"));
        Assert.False(await other.Store.ExistsAsync("a"));
        NexoException refused = await Assert.ThrowsAsync<NexoException>(async () => await server.ConnectAsync("nowhere"));
        Assert.Equal((ErrorCode.NamespaceNotFound, false), (refused.Code, refused.Retryable));
        Assert.DoesNotContain(Billing, refused.Message, StringComparison.Ordinal);

        Assert.Equal("1", (await CliRunner.For(server.Url).Run("store", "get", "a", "--namespace", Shop)).Output);
        Assert.Equal(1, (await CliRunner.For(server.Url).Run("store", "get", "a")).ExitCode);
    }

    [Fact]
    public async Task A_client_of_redis_goes_over_to_another_namespace_only_with_nothing_open()
    {
        await using SecureServer secure = await SpaceServer.StartSecureAsync();
        await using RespPeer peer = await secure.Server.LogInAsync(SecureServer.Operator);
        await peer.ExpectAsync("set a keeper", "+OK");
        await peer.ExpectAsync("watch a", "+OK");
        Assert.StartsWith("-ERR this user is in another namespace", await peer.CallAsync($"auth {Shop}"), StringComparison.Ordinal);
        await peer.ExpectAsync("get a", "\"keeper\"");
        await peer.ExpectAsync("unwatch", "+OK");
        await peer.CallAsync("subscribe news");
        await peer.CallAsync("unsubscribe news");
        await peer.ExpectAsync($"auth {Shop}", "+OK");
        await peer.ExpectAsync("get a", "nil");
        await peer.ExpectAsync("set a shop", "+OK");
        Assert.Contains("news", await peer.CallAsync("subscribe news"), StringComparison.Ordinal);
        await using RespPeer shop = await secure.Server.LogInAsync(Shop);
        await shop.ExpectAsync("publish news 1", ":1");
        Assert.Contains("1", await peer.ReadAsync(), StringComparison.Ordinal);

        await peer.CallAsync("reset");
        Assert.StartsWith("-NOAUTH", await peer.CallAsync("get a"), StringComparison.Ordinal);
        await peer.ExpectAsync($"auth {SecureServer.Operator}", "+OK");
        await peer.ExpectAsync("get a", "\"keeper\"");
    }

    [Fact]
    public async Task What_was_written_before_going_over_is_answered_when_the_disk_has_it_and_lies_where_it_was_written()
    {
        string directory = Directory.CreateTempSubdirectory("nexo-spaces-").FullName;
        try
        {
            await using SecureServer secure = await SpaceServer.StartSecureAsync(options => options with
            {
                DataDirectory = directory,
                Store = options.Store with { Durability = Server.StoreDurability.Fsync },
            });
            await using RespPeer peer = await secure.Server.LogInAsync(SecureServer.Operator);
            for (int round = 0; round < 20; round++)
            {
                // All of it at once: the login finds writes that wait for the disk.
                await peer.SendRawAsync(
                [
                    .. RespPeer.Encode("set", "a", $"keeper-{round}"), .. RespPeer.Encode("auth", Shop),
                    .. RespPeer.Encode("set", "a", $"shop-{round}"), .. RespPeer.Encode("get", "a"),
                    .. RespPeer.Encode("auth", SecureServer.Operator), .. RespPeer.Encode("get", "a"),
                ]);
                foreach (string expected in (string[])["+OK", "+OK", "+OK", $"\"shop-{round}\"", "+OK", $"\"keeper-{round}\""])
                {
                    Assert.Equal(expected, await peer.ReadAsync());
                }
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Who_is_bound_elsewhere_or_manages_no_more_is_sent_away_and_sessions_lose_their_filters()
    {
        await using SecureServer secure = await SpaceServer.StartSecureAsync();
        using RawPeer keeper = await RawPeer.GreetAsync(
            secure.Server, new HelloRequest { Token = SecureServer.Operator, Namespace = Billing });
        using RawPeer shop = await secure.GreetAsync(Shop);
        await using RespPeer redis = await secure.Server.LogInAsync(Shop);
        await using (MqttUser away = await secure.Server.ConnectMqttAsync(Shop))
        {
            await away.SubscribeAsync("#", 1);
        }

        await secure.ChangeAsync(Shop, user => user with { Namespace = Billing });
        await secure.AllowAsync(SecureServer.Operator, "store * *");

        foreach (RawPeer gone in (RawPeer[])[keeper, shop])
        {
            Frame farewell = await gone.ReadAsync();
            Assert.Equal((Opcode.GoAway, ErrorCode.AuthenticationFailed), (farewell.Header.Opcode, farewell.Code));
        }

        Assert.True(await redis.IsClosedAsync());
        Server.Brokers.Broker of = secure.Server.Native.Broker.All.Find(Shop)!;
        Assert.Equal(0, of.Sessions.Stats.Subscriptions);
        await using NexoClient now = await secure.Server.ConnectAsync(token: Shop);
        Assert.Equal(Billing, now.ServerInfo!.Namespace);
    }

    [Fact]
    public async Task Figures_of_the_whole_server_are_not_for_who_is_bound_to_a_part_of_it()
    {
        await using SecureServer secure = await SpaceServer.StartSecureAsync(
            options => options with { Network = options.Network with { HttpPort = 0 } });
        using var http = new HttpClient { BaseAddress = new Uri(secure.Server.HttpUrl!) };
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, await StatusAsync(Shop));
        Assert.Equal(System.Net.HttpStatusCode.OK, await StatusAsync(SecureServer.Operator));
        http.DefaultRequestHeaders.Authorization = new("Bearer", SecureServer.Operator);
        string page = await http.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("<th scope=\"row\">shop</th><td>0 entries, 0 queues", page, StringComparison.Ordinal);

        async Task<System.Net.HttpStatusCode> StatusAsync(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
            request.Headers.Authorization = new("Bearer", token);
            using HttpResponseMessage answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_user_of_the_file_that_is_bound_to_what_is_not_declared_refuses_the_start_and_the_reload_with_the_line()
    {
        await using SecureServer secure = await SpaceServer.StartSecureAsync();
        UsersFileException refused = await Assert.ThrowsAsync<UsersFileException>(async () =>
        {
            await secure.WriteAsync(new UserEntry("eve") { Namespace = "nowhere" });
            throw new UsersFileException(secure.Directory.Reload() ?? "it was accepted");
        });
        Assert.Contains("users.json, line ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'nowhere' is not one of data.namespaces", refused.Message, StringComparison.Ordinal);

        // All goes on with what there was.
        using RawPeer shop = await secure.GreetAsync(Shop);
        Server.Hosting.ServerStartException start = await Assert.ThrowsAsync<Server.Hosting.ServerStartException>(() => TestServer.StartAsync(
            options => SpaceServer.WithSpaces(options) with { Security = options.Security with { UsersFile = secure.Directory.Path } }));
        Assert.Contains("users.json, line ", start.Message, StringComparison.Ordinal);
    }
}
