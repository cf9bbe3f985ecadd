using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>What one client may have of the server's memory, and for how long.</summary>
public sealed class RespBoundsTests
{
    private const int FrameBytesMax = 128 * 1_024;
    private const int LargeBytes = 60_000;

    [Fact]
    public async Task Who_never_reads_is_cut_although_it_has_been_told_to_go_and_has_not_logged_in()
    {
        await using TestServer server = await RespServers.StartAsync(options => options with
        {
            Connections = options.Connections with { HelloTimeoutMs = 300, SendStallMs = 500, ReplyBytesMax = 64 * 1_024 },
            Security = options.Security with { Users = [new UserCredential("ada", PasswordHash.Of("secret", iterations: 1_000))] },
        });
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        byte[] flood = [.. Enumerable.Repeat(RespPeer.Encode("GET", "k"), 1_000_000).SelectMany(bytes => bytes)];

        Task sending = peer.SendRawAsync(flood);

        await Poll.UntilAsync(() => server.Native.Clients.Count == 0);
        await Assert.ThrowsAnyAsync<IOException>(() => sending);
    }

    [Fact]
    public async Task Who_has_not_logged_in_and_never_reads_keeps_little_of_the_servers_memory()
    {
        await using TestServer server = await RespServers.StartAsync(options => options with
        {
            Connections = options.Connections with { HelloTimeoutMs = 2_000, SendStallMs = 1_000 },
            Security = options.Security with { Users = [new UserCredential("ada", PasswordHash.Of("secret", iterations: 1_000))] },
        });
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        byte[] flood = [.. Enumerable.Repeat(RespPeer.Encode("GET", "k"), 1_000_000).SelectMany(bytes => bytes)];

        Task sending = peer.SendRawAsync(flood);

        int most = 0;
        await Poll.UntilAsync(() =>
        {
            most = Math.Max(most, server.Native.Clients.All.Select(connection => connection.BytesPending).DefaultIfEmpty().Max());
            return server.Native.Clients.Count == 0;
        });
        Assert.InRange(most, 1, 256 * 1_024);
        await Assert.ThrowsAnyAsync<IOException>(() => sending);
    }

    [Fact]
    public async Task A_subscriber_that_never_reads_is_gone_when_it_has_been_cut()
    {
        await using TestServer server = await RespServers.StartAsync(options => options with
        {
            Topics = options.Topics with { OutboxBytes = 64 * 1_024 },
            Connections = options.Connections with { SendStallMs = 500 },
        });
        await using RespPeer slow = await RespPeer.ConnectAsync(server);
        await using RespPeer publisher = await RespPeer.ConnectAsync(server);
        await slow.CallAsync("HELLO 3");
        await slow.CallAsync("SUBSCRIBE a");
        await slow.SendAsync("BLPOP", "none", "0");
        string body = new('x', 10_000);
        for (int i = 0; i < 3_000 && await publisher.CallWordsAsync("PUBLISH", "a", body) != ":0"; i++)
        {
        }

        await Poll.UntilAsync(() => server.Native.Clients.Count == 1);
        await publisher.ExpectAsync("PUBSUB CHANNELS", "[]");
    }

    [Theory]
    [InlineData("RPUSH", "LPOP k 100", "LLEN k")]
    [InlineData("RPUSH", "RPOP k 100", "LLEN k")]
    [InlineData("RPUSH", "LMPOP 1 k LEFT COUNT 100", "LLEN k")]
    [InlineData("RPUSH", "BLMPOP 0 1 k RIGHT COUNT 100", "LLEN k")]
    [InlineData("SADD", "SPOP k 100", "SCARD k")]
    [InlineData("ZADD", "ZPOPMIN k 100", "ZCARD k")]
    [InlineData("ZADD", "ZPOPMAX k 100", "ZCARD k")]
    [InlineData("ZADD", "ZMPOP 1 k MAX COUNT 100", "ZCARD k")]
    public async Task Of_what_is_taken_out_no_more_goes_than_an_answer_may_have_and_the_rest_stays(string add, string take, string count)
    {
        const int Items = 30;
        await using TestServer server = await StartSmallAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        var left = new HashSet<string>();
        for (int i = 0; i < Items; i++)
        {
            string item = $"{i:00}" + new string('x', LargeBytes);
            left.Add(item);
            await peer.CallWordsAsync(add == "ZADD" ? [add, "k", $"{i}", item] : [add, "k", item]);
        }

        int rounds = 0;
        while (left.Count > 0)
        {
            string[] taken = [.. (await peer.CallAsync(take)).Split('"').Where(text => text.Length > LargeBytes)];
            Assert.InRange(taken.Length, 1, 10);
            Assert.All(taken, item => Assert.True(left.Remove(item)));
            await peer.ExpectAsync(count, $":{left.Count}");
            rounds++;
        }

        Assert.InRange(rounds, 3, 10);
    }

    [Fact]
    public async Task Items_by_chance_that_are_too_many_are_refused()
    {
        const string Refused = "-ERR the answer would be larger than four times connections.frame-bytes-max; ask for less at once";
        await using TestServer server = await StartSmallAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        string large = new('x', LargeBytes);
        await peer.CallWordsAsync("HSET", "h", "f", large);
        await peer.CallWordsAsync("ZADD", "z", "1", large);
        await peer.CallWordsAsync("SADD", "s", large);

        await peer.ExpectAsync("HRANDFIELD h -1000000 WITHVALUES", Refused);
        await peer.ExpectAsync("ZRANDMEMBER z -1000000", Refused);
        await peer.ExpectAsync("SRANDMEMBER s -1000000", Refused);
        await peer.ExpectAsync("HRANDFIELD h -2", "[\"f\", \"f\"]");
    }

    [Fact]
    public async Task A_page_of_a_scan_ends_where_it_gets_large_and_nothing_is_missed()
    {
        const int Items = 60;
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        string[] items = [.. Enumerable.Range(0, Items).Select(i => $"{i:00}" + new string('x', LargeBytes))];
        foreach (string item in items)
        {
            await peer.CallWordsAsync("SET", item, "v");
            await peer.CallWordsAsync("SADD", "set", item);
            await peer.CallWordsAsync("ZADD", "sorted", "1", item);
            await peer.CallWordsAsync("HSET", "hash", item, item);
        }

        foreach (string[] scan in new string[][] { ["SCAN", "0"], ["SSCAN", "set", "0"], ["ZSCAN", "sorted", "0"], ["HSCAN", "hash", "0"] })
        {
            var found = new HashSet<string>();
            int pages = 0;
            do
            {
                string[] parts = (await peer.CallWordsAsync([.. scan, "COUNT", "10000"])).Split('"');
                Assert.InRange(parts.Sum(part => part.Length), 1, 4 * 1_024 * 1_024);
                scan[^1] = parts[1];
                found.UnionWith(parts.Where(part => part.Length > LargeBytes));
                pages++;
            }
            while (scan[^1] != "0");

            Assert.Equal(items.Order(), found.Order());
            Assert.True(pages > 1);
        }
    }

    [Fact]
    public async Task A_transaction_and_watched_keys_are_bounded_by_what_they_take()
    {
        await using TestServer server = await StartSmallAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.CallAsync("MULTI");
        string answer = string.Empty;
        int queued = 0;
        for (; queued < 10_000 && !answer.StartsWith("-ERR", StringComparison.Ordinal); queued++)
        {
            answer = await peer.CallAsync("PING");
        }

        Assert.Equal("-ERR the transaction is larger than connections.frame-bytes-max allows", answer);
        await peer.ExpectAsync("PING", "+QUEUED");
        await peer.ExpectAsync("EXEC", "-EXECABORT Transaction discarded because of previous errors.");
        await peer.ExpectAsync("PING", "+PONG");
        string large = new('x', LargeBytes);
        Assert.Equal("+OK", await peer.CallWordsAsync("WATCH", large));
        Assert.Equal("+OK", await peer.CallWordsAsync("WATCH", large));
        Assert.Equal("-ERR too many watched keys", await peer.CallWordsAsync("WATCH", large));
        await peer.ExpectAsync("UNWATCH", "+OK");
        Assert.Equal("+OK", await peer.CallWordsAsync("WATCH", large));
    }

    private static Task<TestServer> StartSmallAsync() => RespServers.StartAsync(
        options => options with { Connections = options.Connections with { FrameBytesMax = FrameBytesMax } });
}
