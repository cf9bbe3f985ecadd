using Nexo.Client;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>Channels, which are topics.</summary>
public sealed class RespPubSubTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Channels_and_patterns_get_their_messages(int version)
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await using RespPeer publisher = await RespPeer.ConnectAsync(server);
        string push = version == 3 ? ">" : string.Empty;
        await peer.CallAsync($"HELLO {version}");

        await peer.SendAsync("SUBSCRIBE", "a", "b+#");
        Assert.Equal($"{push}[\"subscribe\", \"a\", :1]", await peer.ReadAsync());
        Assert.Equal($"{push}[\"subscribe\", \"b+#\", :2]", await peer.ReadAsync());
        Assert.Equal($"{push}[\"psubscribe\", \"a*\", :3]", await peer.CallAsync("PSUBSCRIBE a*"));
        await publisher.ExpectAsync("PUBLISH a 1", ":2");
        string[] both = [await peer.ReadAsync(), await peer.ReadAsync()];
        Assert.Equal(
            [$"{push}[\"message\", \"a\", \"1\"]", $"{push}[\"pmessage\", \"a*\", \"a\", \"1\"]"], both.Order().Order(StringComparer.Ordinal));
        await publisher.ExpectAsync("PUBLISH b+# 2", ":1");
        Assert.Equal($"{push}[\"message\", \"b+#\", \"2\"]", await peer.ReadAsync());
        await publisher.ExpectAsync("PUBLISH a/x/y 3", ":1");
        Assert.Equal($"{push}[\"pmessage\", \"a*\", \"a/x/y\", \"3\"]", await peer.ReadAsync());
        await publisher.CallAsync("PUBLISH z 4");
        Assert.Equal($"{push}[\"unsubscribe\", \"a\", :2]", await peer.CallAsync("UNSUBSCRIBE a"));
        Assert.Equal($"{push}[\"punsubscribe\", \"a*\", :1]", await peer.CallAsync("PUNSUBSCRIBE"));
        await publisher.ExpectAsync("PUBSUB CHANNELS", "[\"b+#\"]");
        await publisher.ExpectAsync("PUBSUB NUMSUB a b+#", "[\"a\", :0, \"b+#\", :1]");
        Assert.Equal($"{push}[\"unsubscribe\", \"b+#\", :0]", await peer.CallAsync("UNSUBSCRIBE"));
        Assert.Equal($"{push}[\"unsubscribe\", nil, :0]", await peer.CallAsync("UNSUBSCRIBE"));
        Assert.Equal("+PONG", await peer.CallAsync("PING"));
    }

    [Fact]
    public async Task With_subscriptions_a_client_of_RESP2_may_do_little_and_one_of_RESP3_everything()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer old = await RespPeer.ConnectAsync(server);
        await using RespPeer young = await RespPeer.ConnectAsync(server);

        await old.CallAsync("SUBSCRIBE a");
        Assert.StartsWith("-ERR Can't execute 'get': only", await old.CallAsync("GET k"));
        Assert.Equal("[\"pong\", \"x\"]", await old.CallAsync("PING x"));
        await young.CallAsync("HELLO 3");
        await young.CallAsync("SUBSCRIBE a");
        Assert.Equal("nil", await young.CallAsync("GET k"));
    }

    [Fact]
    public async Task Messages_go_both_ways_between_clients_of_Redis_and_of_Nexo()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await peer.CallAsync("SUBSCRIBE news:x");
        await client.Topics.PublishAsync<ReadOnlyMemory<byte>>("news:x", "hello"u8.ToArray());
        Assert.Equal("[\"message\", \"news:x\", \"hello\"]", await peer.ReadAsync());

        await using TopicSubscription<ReadOnlyMemory<byte>> subscription =
            await client.Topics.OpenSubscriptionAsync<ReadOnlyMemory<byte>>("news:x");
        await using RespPeer publisher = await RespPeer.ConnectAsync(server);
        await publisher.ExpectAsync("PUBLISH news:x back", ":2");
        await foreach (TopicMessage<ReadOnlyMemory<byte>> message in subscription.ReadAllAsync())
        {
            Assert.Equal("back"u8.ToArray(), message.Body.ToArray());
            break;
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Sharded_channels_are_a_name_space_of_their_own(int version)
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await using RespPeer publisher = await RespPeer.ConnectAsync(server);
        string push = version == 3 ? ">" : string.Empty;
        await peer.CallAsync($"HELLO {version}");

        await peer.SendAsync("SSUBSCRIBE", "a", "b c/+");
        Assert.Equal($"{push}[\"ssubscribe\", \"a\", :1]", await peer.ReadAsync());
        Assert.Equal($"{push}[\"ssubscribe\", \"b c/+\", :2]", await peer.ReadAsync());
        Assert.Equal($"{push}[\"psubscribe\", \"*\", :1]", await peer.CallAsync("PSUBSCRIBE *"));
        await publisher.ExpectAsync("SPUBLISH a 1", ":1");
        Assert.Equal($"{push}[\"smessage\", \"a\", \"1\"]", await peer.ReadAsync());
        Assert.Equal(":1", await publisher.CallWordsAsync("SPUBLISH", "b c/+", "2"));
        Assert.Equal($"{push}[\"smessage\", \"b c/+\", \"2\"]", await peer.ReadAsync());
        await publisher.ExpectAsync("PUBLISH a 3", ":1");
        Assert.Equal($"{push}[\"pmessage\", \"*\", \"a\", \"3\"]", await peer.ReadAsync());
        await publisher.ExpectAsync("PUBSUB CHANNELS", "[]");
        await publisher.ExpectAsync("PUBSUB SHARDCHANNELS a*", "[\"a\"]");
        await publisher.ExpectAsync("PUBSUB SHARDNUMSUB a z", "[\"a\", :1, \"z\", :0]");
        Assert.Equal($"{push}[\"sunsubscribe\", \"a\", :1]", await peer.CallAsync("SUNSUBSCRIBE a"));
        await publisher.ExpectAsync("SPUBLISH a 4", ":0");
        Assert.Equal($"{push}[\"sunsubscribe\", \"b c/+\", :0]", await peer.CallAsync("SUNSUBSCRIBE"));
        Assert.Equal($"{push}[\"punsubscribe\", \"*\", :0]", await peer.CallAsync("PUNSUBSCRIBE"));
        await peer.ExpectAsync("PING", "+PONG");
    }

    [Fact]
    public async Task Channels_of_those_who_have_gone_are_not_counted_and_a_pattern_of_two_is_one()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await using RespPeer stays = await RespPeer.ConnectAsync(server);
        await using (RespPeer goes = await RespPeer.ConnectAsync(server))
        {
            await goes.CallAsync("SUBSCRIBE a");
            await goes.CallAsync("PSUBSCRIBE a*");
            await stays.CallAsync("SUBSCRIBE a");
            await stays.CallAsync("PSUBSCRIBE a*");
            await peer.ExpectAsync("PUBSUB NUMSUB a", "[\"a\", :2]");
            await peer.ExpectAsync("PUBSUB NUMPAT", ":1");
        }

        await Poll.UntilAsync(async () => await peer.CallAsync("PUBSUB NUMSUB a") == "[\"a\", :1]");
        await stays.CallAsync("RESET");
        await peer.ExpectAsync("PUBSUB CHANNELS", "[]");
        await peer.ExpectAsync("PUBSUB NUMPAT", ":0");
    }

    [Fact]
    public async Task Messages_are_in_the_version_that_a_client_has_chosen_last()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await using RespPeer publisher = await RespPeer.ConnectAsync(server);
        await peer.CallAsync("HELLO 3");
        await peer.CallAsync("PSUBSCRIBE a*");
        await peer.CallAsync("HELLO 2");

        await publisher.ExpectAsync("PUBLISH a 1", ":1");

        Assert.Equal("[\"pmessage\", \"a*\", \"a\", \"1\"]", await peer.ReadAsync());
    }

    [Fact]
    public async Task A_burst_comes_whole_and_in_order()
    {
        const int Messages = 20_000;
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await using RespPeer publisher = await RespPeer.ConnectAsync(server);
        await peer.CallAsync("SUBSCRIBE a");
        var bytes = new List<byte>();
        for (int i = 0; i < Messages; i++)
        {
            bytes.AddRange(RespPeer.Encode("PUBLISH", "a", $"{i}"));
        }

        Task sending = publisher.SendRawAsync([.. bytes]);
        for (int i = 0; i < Messages; i++)
        {
            Assert.Equal($"[\"message\", \"a\", \"{i}\"]", await peer.ReadAsync());
        }

        await sending;
    }

    [Fact]
    public async Task A_subscriber_that_does_not_read_is_cut_and_holds_up_nobody()
    {
        await using TestServer server = await RespServers.StartAsync(
            options => options with { Topics = options.Topics with { OutboxBytes = 64 * 1_024 } });
        await using RespPeer slow = await RespPeer.ConnectAsync(server);
        await using RespPeer publisher = await RespPeer.ConnectAsync(server);
        await slow.CallAsync("SUBSCRIBE a");
        string body = new('x', 10_000);
        for (int i = 0; i < 3_000 && await publisher.CallWordsAsync("PUBLISH", "a", body) != ":0"; i++)
        {
        }

        await publisher.ExpectAsync("PUBLISH a x", ":0");
    }
}
