using System.Text;
using Nexo.Client;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>Commands of Redis as a client sees them.</summary>
public sealed class RespCommandTests
{
    [Fact]
    public async Task Values_are_set_on_conditions_and_for_a_time()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.ExpectAsync("SET k 1", "+OK");
        await peer.ExpectAsync("set k 2 NX", "nil");
        await peer.ExpectAsync("SET k 2 XX GET", "\"1\"");
        await peer.ExpectAsync("SET other 2 XX", "nil");
        await peer.ExpectAsync("SET other 2 GET", "nil");
        await peer.ExpectAsync("SET k 3 EX 100", "+OK");
        await peer.ExpectAsync("TTL k", ":100");
        await peer.ExpectAsync("SET k 4 KEEPTTL", "+OK");
        await peer.ExpectAsync("TTL k", ":100");
        await peer.ExpectAsync("SET k 5", "+OK");
        await peer.ExpectAsync("TTL k", ":-1");
        await peer.ExpectAsync("TTL none", ":-2");
        await peer.ExpectAsync("SET k 5 EX 0", "-ERR invalid expire time in 'set' command");
        await peer.ExpectAsync("SET k 5 EX x", "-ERR value is not an integer or out of range");
        await peer.ExpectAsync("SET k 5 NX XX", "-ERR syntax error");
        await peer.ExpectAsync("SET k 5 EX 1 PX 1", "-ERR syntax error");
        await peer.ExpectAsync("SET k 5 PXAT 1", "+OK");
        await peer.ExpectAsync("EXISTS k", ":0");
        await peer.ExpectAsync("GETEX k", "nil");
        await peer.ExpectAsync("HSET h f v", ":1");
        await peer.ExpectAsync("GET h", "-WRONGTYPE Operation against a key holding the wrong kind of value");
        await peer.ExpectAsync("SET h 1 GET", "-WRONGTYPE Operation against a key holding the wrong kind of value");
        await peer.ExpectAsync("SET h 1", "+OK");
    }

    [Fact]
    public async Task Unknown_and_wrong_commands_are_told_in_the_words_of_Redis()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.ExpectAsync("NOSUCH a b", "-ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' ");
        await peer.ExpectAsync("GET", "-ERR wrong number of arguments for 'get' command");
        await peer.ExpectAsync("MSET a", "-ERR wrong number of arguments for 'mset' command");
        await peer.ExpectAsync("HSET a b", "-ERR wrong number of arguments for 'hset' command");
        await peer.ExpectAsync("EVAL return 0", "-ERR unknown command 'EVAL', with args beginning with: 'return' '0' ");
        await peer.ExpectAsync("SELECT 1", "-ERR DB index is out of range");
        await peer.ExpectAsync("PING", "+PONG");
    }

    [Fact]
    public async Task A_broken_command_is_answered_and_ends_the_connection()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.SendRawAsync(Encoding.ASCII.GetBytes("*1\r\n$4\r\nPING\r\n*1\r\n:1\r\n"));

        Assert.Equal("+PONG", await peer.ReadAsync());
        Assert.Equal("-ERR Protocol error: expected '$', got ':'", await peer.ReadAsync());
        Assert.True(await peer.IsClosedAsync());
    }

    [Fact]
    public async Task Commands_come_through_however_they_are_cut()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        byte[] bytes =
        [
            .. RespPeer.Encode("SET", "k", new string('x', 300)), .. "STRLEN k\r\n"u8, .. RespPeer.Encode("GETRANGE", "k", "0", "1"),
        ];
        for (int cut = 1; cut < bytes.Length; cut += 3)
        {
            await peer.SendRawAsync(bytes[..cut]);
            await Task.Yield();
            await peer.SendRawAsync(bytes[cut..]);
            Assert.Equal("+OK", await peer.ReadAsync());
            Assert.Equal(":300", await peer.ReadAsync());
            Assert.Equal("\"xx\"", await peer.ReadAsync());
        }
    }

    [Fact]
    public async Task A_value_of_many_megabytes_comes_back_as_it_was_and_a_larger_one_is_refused()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        string value = string.Create(9_000_000, 0, static (span, _) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = (char)('a' + (i % 23));
            }
        });

        Assert.Equal("+OK", await peer.CallWordsAsync("SET", "big", value));
        Assert.Equal(":9000000", await peer.CallAsync("STRLEN big"));
        Assert.Equal($"\"{value[^3..]}\"", await peer.CallAsync("GETRANGE big -3 -1"));
        await peer.SendRawAsync(Encoding.ASCII.GetBytes("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$20000000\r\n"));
        Assert.Equal("-ERR Protocol error: invalid bulk length", await peer.ReadAsync());
    }

    [Fact]
    public async Task Thousands_of_commands_in_one_piece_are_answered_in_order()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        var bytes = new List<byte>();
        for (int i = 0; i < 5_000; i++)
        {
            bytes.AddRange(RespPeer.Encode("SET", $"k{i % 100}", $"{i}"));
            bytes.AddRange(RespPeer.Encode("GET", $"k{i % 100}"));
            bytes.AddRange(RespPeer.Encode("INCR", "n"));
        }

        Task sending = peer.SendRawAsync([.. bytes]);
        for (int i = 0; i < 5_000; i++)
        {
            Assert.Equal("+OK", await peer.ReadAsync());
            Assert.Equal($"\"{i}\"", await peer.ReadAsync());
            Assert.Equal($":{i + 1}", await peer.ReadAsync());
        }

        await sending;
    }

    [Fact]
    public async Task An_answer_that_would_be_too_large_is_refused_and_the_connection_goes_on()
    {
        await using TestServer server = await RespServers.StartAsync(options => options with
        {
            Connections = options.Connections with { FrameBytesMax = 256 * 1_024 },
            Topics = options.Topics with { TopicBytesMax = 512 },
        });
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        const string TooLarge = "-ERR the answer would be larger than four times connections.frame-bytes-max; ask for less at once";
        await peer.CallWordsAsync("SET", "k", new string('x', 100_000));
        await peer.CallWordsAsync("HSET", "h", "a", new string('x', 100_000), "b", "c");

        Assert.Equal(TooLarge, await peer.CallWordsAsync(["MGET", .. Enumerable.Repeat("k", 20)]));
        Assert.Equal(TooLarge, await peer.CallWordsAsync(["HMGET", "h", .. Enumerable.Repeat("a", 20)]));
        await peer.CallAsync("MULTI");
        for (int i = 0; i < 20; i++)
        {
            await peer.CallAsync("GET k");
        }

        await peer.CallAsync("INCR n");
        Assert.StartsWith("-ERR the transaction was done, but its answers", await peer.CallAsync("EXEC"));
        await peer.ExpectAsync("GET n", "\"1\"");
    }

    [Fact]
    public async Task Keys_are_listed_whole_by_scan_and_by_patterns()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        for (int i = 0; i < 300; i++)
        {
            await peer.CallAsync($"SET user:{i} x");
        }

        await peer.CallAsync("HSET hash f v");
        var seen = new HashSet<string>();
        string cursor = "0";
        do
        {
            string page = await peer.CallAsync($"SCAN {cursor} MATCH user:* COUNT 17");
            string[] parts = page.Trim('[', ']').Replace("[", string.Empty, StringComparison.Ordinal).Split(", ");
            cursor = parts[0].Trim('"');
            foreach (string key in parts.Skip(1).Where(key => key.Length > 0))
            {
                Assert.True(seen.Add(key), key);
            }
        }
        while (cursor != "0");

        Assert.Equal(300, seen.Count);
        Assert.Equal("[\"0\", [\"hash\"]]", await peer.CallAsync("SCAN 0 COUNT 1000 TYPE hash"));
        Assert.Equal("[\"hash\"]", await peer.CallAsync("KEYS h?sh"));
        Assert.Equal("-ERR invalid cursor", await peer.CallAsync("SCAN 999999"));
        Assert.Equal(":301", await peer.CallAsync("DBSIZE"));
        Assert.Equal("+OK", await peer.CallAsync("FLUSHALL"));
        Assert.Equal(":0", await peer.CallAsync("DBSIZE"));
        Assert.Equal("nil", await peer.CallAsync("RANDOMKEY"));
    }

    [Fact]
    public async Task The_same_key_is_seen_by_clients_of_Redis_and_of_Nexo()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);

        await client.Store.SetAsync<string>("k", "from nexo");
        Assert.Contains("from nexo", await peer.CallAsync("GET k"));
        await peer.CallAsync("SET n 41");
        Assert.Equal(42, await client.Store.IncrementAsync("n"));
        Assert.Equal("\"42\"", await peer.CallAsync("GET n"));
    }

    [Fact]
    public async Task HELLO_switches_between_the_versions_and_RESET_goes_back()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await peer.CallAsync("HSET h f v");

        Assert.Equal("[\"f\", \"v\"]", await peer.CallAsync("HGETALL h"));
        Assert.StartsWith("{\"server\", \"redis\", \"version\"", await peer.CallAsync("HELLO 3 SETNAME me"));
        Assert.Equal("{\"f\", \"v\"}", await peer.CallAsync("HGETALL h"));
        Assert.Equal("\"me\"", await peer.CallAsync("CLIENT GETNAME"));
        Assert.Equal("-NOPROTO unsupported protocol version", await peer.CallAsync("HELLO 4"));
        Assert.Equal("+RESET", await peer.CallAsync("RESET"));
        Assert.Equal("[\"f\", \"v\"]", await peer.CallAsync("HGETALL h"));
        Assert.Equal("+OK", await peer.CallAsync("QUIT"));
        Assert.True(await peer.IsClosedAsync());
    }

    [Fact]
    public async Task Where_it_is_off_nothing_listens()
    {
        await using TestServer server = await TestServer.StartAsync();

        Assert.Null(server.RespUrl);
    }
}
