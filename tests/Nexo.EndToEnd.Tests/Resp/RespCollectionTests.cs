using System.Globalization;
using Nexo.EndToEnd.Tests.Data;
using Nexo.Server;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>Lists, sets and sorted sets: what they survive, and those with many members.</summary>
public sealed class RespCollectionTests
{
    [Fact]
    public async Task With_fsync_what_was_answered_survives_a_power_loss_and_a_waiting_pop_as_well()
    {
        var disk = new SimulatedDisk();
        SimulatedDisk left;
        await using (TestServer server = await StartAsync(disk))
        {
            await using RespPeer peer = await RespPeer.ConnectAsync(server);
            await using RespPeer waiting = await RespPeer.ConnectAsync(server);
            await peer.ExpectAsync("RPUSH l a b c d", ":4");
            await peer.ExpectAsync("LINSERT l BEFORE c x", ":5");
            await peer.ExpectAsync("LMOVE l l2 LEFT RIGHT", "\"a\"");
            await peer.ExpectAsync("SADD s m n", ":2");
            await peer.ExpectAsync("SMOVE s s2 m", ":1");
            await peer.ExpectAsync("ZADD z 1 a 2 b 3 c", ":3");
            await peer.ExpectAsync("ZRANGESTORE z2 z 1 -1", ":2");
            await peer.ExpectAsync("ZPOPMIN z", "[\"a\", \"1\"]");
            await waiting.SendAsync("BLPOP", "w", "0");
            await Task.Delay(300);
            await peer.ExpectAsync("RPUSH w 1 2", ":2");
            Assert.Equal("[\"w\", \"1\"]", await waiting.ReadAsync());
            left = disk.Crash(seed: 1);
        }

        await using TestServer again = await StartAsync(left);
        await using RespPeer reader = await RespPeer.ConnectAsync(again);
        await reader.ExpectAsync("LRANGE l 0 -1", "[\"b\", \"x\", \"c\", \"d\"]");
        await reader.ExpectAsync("LRANGE l2 0 -1", "[\"a\"]");
        await reader.ExpectAsync("SMEMBERS s", "[\"n\"]");
        await reader.ExpectAsync("SMEMBERS s2", "[\"m\"]");
        await reader.ExpectAsync("ZRANGE z 0 -1", "[\"b\", \"c\"]");
        await reader.ExpectAsync("ZRANGE z2 0 -1 WITHSCORES", "[\"b\", \"2\", \"c\", \"3\"]");
        await reader.ExpectAsync("LRANGE w 0 -1", "[\"2\"]");
    }

    [Fact]
    public async Task Members_and_fields_have_a_limit_and_beyond_it_nothing_of_a_command_is_done()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        string longest = new('m', 65_536);
        string longer = longest + "m";
        Assert.Equal(":1", await peer.CallWordsAsync("SADD", "s", longest));
        Assert.Equal(":1", await peer.CallWordsAsync("ZADD", "z", "1", longest));
        Assert.Equal(":1", await peer.CallWordsAsync("HSET", "h", longest, "v"));
        string[][] refused =
        [
            ["SADD", "s", "a", longer, "b"],
            ["ZADD", "z", "1", "a", "2", longer],
            ["ZADD", "z", "CH", "1", "a", "2", longer],
            ["ZINCRBY", "z", "1", longer],
            ["HSET", "h", "a", "v", longer, "v"],
            ["HINCRBY", "h", longer, "1"],
        ];
        foreach (string[] command in refused)
        {
            string answer = await peer.CallWordsAsync(command);
            Assert.Equal("-ERR a key has 1 to 65536 bytes here, a field or member at most 65536", answer);
        }

        await peer.ExpectAsync("SCARD s", ":1");
        await peer.ExpectAsync("ZCARD z", ":1");
        await peer.ExpectAsync("HLEN h", ":1");
        Assert.Equal(":0", await peer.CallWordsAsync("SISMEMBER", "s", longer));
        Assert.Equal("nil", await peer.CallWordsAsync("ZSCORE", "z", longer));
    }

    [Fact]
    public async Task What_goes_over_many_members_is_answered_in_its_turn()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        const int Members = 30_000;
        await peer.CallWordsAsync(["SADD", "a", .. Enumerable.Range(0, Members).Select(Name)]);
        await peer.CallWordsAsync(["SADD", "b", .. Enumerable.Range(Members / 2, Members).Select(Name)]);
        await peer.CallWordsAsync(["ZADD", "z", .. Enumerable.Range(0, Members).SelectMany(i => new[] { $"{i}", Name(i) })]);

        await peer.SendAsync("SUNIONSTORE", "u", "a", "b");
        await peer.SendAsync("PING");
        await peer.SendAsync("SINTERCARD", "2", "a", "b");
        await peer.SendAsync("ZUNIONSTORE", "sum", "2", "a", "z");
        await peer.SendAsync("ZSCORE", "sum", Name(7));

        Assert.Equal($":{Members + (Members / 2)}", await peer.ReadAsync());
        Assert.Equal("+PONG", await peer.ReadAsync());
        Assert.Equal($":{Members / 2}", await peer.ReadAsync());
        Assert.Equal($":{Members}", await peer.ReadAsync());
        Assert.Equal("\"8\"", await peer.ReadAsync());
        await peer.ExpectAsync("ZREMRANGEBYSCORE z (10 29989", $":{Members - 21}");
        await peer.ExpectAsync("ZCARD z", ":21");
        await peer.ExpectAsync("MULTI", "+OK");
        await peer.ExpectAsync("SDIFFSTORE d b a", "+QUEUED");
        await peer.ExpectAsync("SCARD d", "+QUEUED");
        await peer.ExpectAsync("EXEC", $"[:{Members / 2}, :{Members / 2}]");
    }

    [Fact]
    public async Task An_answer_that_would_be_too_large_is_refused_and_the_connection_goes_on()
    {
        await using TestServer server = await RespServers.StartAsync(
            options => options with { Connections = options.Connections with { FrameBytesMax = 256 * 1_024 } });
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        for (int i = 0; i < 60; i++)
        {
            await peer.CallWordsAsync(["RPUSH", "l", .. Enumerable.Range(0, 20).Select(_ => new string('x', 1_000))]);
        }

        Assert.StartsWith("-ERR the answer would be larger", await peer.CallAsync("LRANGE l 0 -1"), StringComparison.Ordinal);
        await peer.ExpectAsync("LLEN l", ":1200");
        await peer.CallAsync("LPOP l 1000");
        await peer.ExpectAsync("LLEN l", ":200");
    }

    private static string Name(int number) => number.ToString("d6", CultureInfo.InvariantCulture);

    private static Task<TestServer> StartAsync(SimulatedDisk disk) =>
        RespServers.StartAsync(options => DurableServer.On(options, disk, StoreDurability.Fsync));
}
