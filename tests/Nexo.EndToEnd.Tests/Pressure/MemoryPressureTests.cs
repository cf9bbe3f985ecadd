using Nexo.Client;
using Nexo.EndToEnd.Tests.Mqtt;
using Nexo.EndToEnd.Tests.Native;
using Nexo.EndToEnd.Tests.Resp;
using Nexo.EndToEnd.Tests.Security;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.EndToEnd.Tests.Pressure;

/// <summary>What each broker refuses when memory is used up, over each protocol, and what goes on.</summary>
public sealed class MemoryPressureTests
{
    private const long Max = 1_000_000_000;
    private const int AttemptsMax = 100;

    private readonly MachineMemoryDouble _machine = new();

    [Fact]
    public async Task At_the_limit_what_grows_is_refused_and_reads_deletes_acks_and_consumers_go_on()
    {
        await using TestServer server = await TestServer.StartAsync(Options);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        byte[] large = new byte[100_000];
        NexoQueue<string> queue = client.Queue<string>("q");
        NexoStream<string> stream = client.Stream<string>("s");
        await stream.CreateAsync();
        await client.Store.SetAsync("k", "v");
        await queue.PushAsync("first");
        await stream.AppendAsync("record");
        await client.Topics.PublishAsync("kept", "v", new TopicPublishOptions { Retain = true });

        await SetAsync(server, Max, "refusing");
        await RefusedAsync(() => client.Store.SetBytesAsync($"large{Guid.NewGuid()}", large).AsTask());
        await RefusedAsync(() => client.Queue<byte[]>("q").PushAsync(large).AsTask());
        await RefusedAsync(() => stream.AppendAsync("another").AsTask());
        await RefusedAsync(() => client.Topics.PublishAsync($"other/{Guid.NewGuid()}", large, new TopicPublishOptions { Retain = true }).AsTask());
        await RefusedAsync(async () => await client.Topics.OpenSubscriptionAsync<string>(["other"]));

        Assert.Equal("v", await client.Store.GetAsync<string>("k"));
        Assert.True((await client.Store.DeleteAsync("k")).Deleted);
        QueueDelivery<string> message = Assert.Single(await queue.PullAsync());
        Assert.Equal("first", message.Body);
        await message.AckAsync();
        await client.Topics.PublishAsync("not kept", "v");
        await using (NexoClient local = await NexoClient.ConnectAsync(server.Url))
        {
            await local.PingAsync();
        }

        await SetAsync(server, Max / 2, "ok");
        await client.Store.SetBytesAsync("large", new byte[2_000_000]);
        await stream.AppendAsync("another");
    }

    [Fact]
    public async Task Clients_of_Redis_and_MQTT_are_told_so_in_their_words()
    {
        await using TestServer server = await TestServer.StartAsync(options => MqttUser.WithMqtt(Options(options)) with
        {
            Resp = new RespOptions { Port = NetworkOptions.PortAny },
        });
        await using RespPeer redis = await RespPeer.ConnectAsync(server);
        using MqttPeer mqtt = await MqttPeer.GreetAsync(server);
        await redis.ExpectAsync("SET k v", "+OK");
        await SetAsync(server, Max, "refusing");

        string answer = string.Empty;
        for (int i = 0; i < AttemptsMax && !answer.StartsWith("-OOM ", StringComparison.Ordinal); i++)
        {
            answer = await redis.CallWordsAsync("SET", $"large{i}", new string('x', 100_000));
        }

        Assert.StartsWith("-OOM ", answer, StringComparison.Ordinal);
        await redis.ExpectAsync("GET k", "\"v\"");
        await redis.ExpectAsync("DEL k", ":1");
        await mqtt.SendAsync(Retained(1));
        await mqtt.ExpectAsync(MqttPacketType.Puback, 1, MqttReason.QuotaExceeded);
    }

    [Fact]
    public async Task Who_is_no_administrator_is_not_let_in_at_the_limit_and_who_is_there_stays()
    {
        await using SecureServer server = await SecureServer.StartAsync(options => MqttUser.WithMqtt(Options(options)) with
        {
            Resp = new RespOptions { Port = NetworkOptions.PortAny },
        });
        await server.AllowAsync("ada", "store * *", "topics * #");
        using RawPeer before = await server.GreetAsync("ada");
        await SetAsync(server.Server, Max, "refusing");

        NexoException refused = await Assert.ThrowsAsync<NexoException>(async () => await NexoClient.ConnectAsync(
            new NexoClientOptions { Url = server.Server.Url, Token = "ada" }));
        Assert.Equal((ErrorCode.OutOfMemory, true), (refused.Code, refused.Retryable));
        await using (RespPeer redis = await RespPeer.ConnectAsync(server.Server))
        {
            Assert.StartsWith("-OOM ", await redis.CallAsync("AUTH ada"), StringComparison.Ordinal);
            Assert.True(await redis.IsClosedAsync());
        }

        await using (RespPeer redis = await RespPeer.ConnectAsync(server.Server))
        {
            await redis.ExpectAsync($"AUTH {SecureServer.Operator}", "+OK");
        }

        using (RawPeer admin = await server.GreetAsync(SecureServer.Operator))
        {
            Assert.Equal(FrameKind.Reply, (await admin.AskAsync(Opcode.Ping, 2, _ => { })).Header.Kind);
        }

        Assert.Equal(FrameKind.Reply, (await before.AskAsync(Opcode.Ping, 2, _ => { })).Header.Kind);
        await SetAsync(server.Server, Max / 2, "ok");
        using RawPeer after = await server.GreetAsync("ada");
    }

    [Fact]
    public async Task It_stays_ready_and_says_so_with_figures_and_metrics()
    {
        await using TestServer server = await TestServer.StartAsync(options => Options(options) with
        {
            Network = options.Network with { HttpPort = NetworkOptions.PortAny },
        });
        using var http = new HttpClient { BaseAddress = new Uri(server.HttpUrl!) };
        Assert.Equal("ready\n", await http.GetStringAsync(new Uri("/readyz", UriKind.Relative)));

        await SetAsync(server, Max / 100 * 85, "warning");
        string ready = await http.GetStringAsync(new Uri("/readyz", UriKind.Relative));
        Assert.StartsWith("ready\nmemory: ", ready, StringComparison.Ordinal);
        Assert.Contains("do not grow", ready, StringComparison.Ordinal);

        await SetAsync(server, Max, "refusing");
        Assert.Contains("is refused", await http.GetStringAsync(new Uri("/readyz", UriKind.Relative)), StringComparison.Ordinal);
        string metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains("nexo_memory_level 2\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"nexo_memory_used_bytes {Max}\n", metrics, StringComparison.Ordinal);
        Assert.Contains("nexo_memory_part_bytes{part=\"store\"} ", metrics, StringComparison.Ordinal);
        Assert.Contains("nexo_memory_refusing_total 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_is_too_large_to_be_taken_in_ends_with_its_connection_and_others_go_on()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => Options(options) with { Connections = options.Connections with { SendStallMs = 500 } });
        using RawPeer other = await RawPeer.GreetAsync(server);
        await SetAsync(server, Max, "refusing");
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await Assert.ThrowsAnyAsync<Exception>(async () => await client.Store.SetBytesAsync("k", new byte[8_000_000]));
        Assert.Equal(FrameKind.Reply, (await other.AskAsync(Opcode.Ping, 2, _ => { })).Header.Kind);
        Assert.Equal(0, server.Native.Clients.BufferedBytes);
    }

    [Fact]
    public async Task Replies_that_a_client_does_not_read_are_held_back_earlier()
    {
        await using TestServer server = await TestServer.StartAsync(Options);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await client.Store.SetBytesAsync("k", new byte[1_000_000]);
        await SetAsync(server, Max, "refusing");

        // More than one request holds nothing up: those behind wait until the answers before have left.
        StoreEntry<ReadOnlyMemory<byte>>?[] all = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => client.Store.GetBytesAsync("k").AsTask()));
        Assert.All(all, value => Assert.Equal(1_000_000, value!.Value.Value.Length));
        await Poll.UntilAsync(() => server.Native.Clients.BufferedBytes == 0);
    }

    private static byte[] Retained(ushort id)
    {
        var packet = new PublishPacket { Topic = "t"u8, Payload = new byte[100_000], Qos = 1, PacketId = id, Retain = true };
        byte[] bytes = new byte[packet.Measure(MqttVersion.V5)];
        packet.Write(bytes, MqttVersion.V5);
        return bytes;
    }

    // The parts take memory in chunks: what is left of the last one is still theirs.
    private static async Task RefusedAsync(Func<Task> grow)
    {
        for (int i = 0; i < AttemptsMax; i++)
        {
            try
            {
                await grow();
            }
            catch (NexoException refused)
            {
                Assert.Equal((ErrorCode.OutOfMemory, true), (refused.Code, refused.Retryable));
                return;
            }
        }

        Assert.Fail("it was never refused");
    }

    private NexoServerOptions Options(NexoServerOptions options) => options with
    {
        Machine = _machine,
        Pressure = new PressureOptions { MemoryMax = Max },
    };

    private async Task SetAsync(TestServer server, long resident, string level)
    {
        _machine.Resident = resident;
        await Poll.UntilAsync(() => server.Native.Clients.Memory.Level.ToString().Equals(level, StringComparison.OrdinalIgnoreCase));
    }
}
