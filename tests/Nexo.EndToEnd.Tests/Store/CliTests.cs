using System.Text;
using Nexo.Cli.Tests;
using Nexo.EndToEnd.Tests.Data;
using Nexo.Protocol;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Store;

public sealed class CliTests
{
    private const int No = 1;

    [Fact]
    public async Task Every_store_command_is_reached_from_the_command_line()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using var recorder = new OpcodeRecorder(server);
        var session = new CliSession(recorder.Url);

        await UseValuesAsync(session);
        await UseKeysAsync(session);
        await UseHashesAsync(session);
        await UseBulkAsync(session);
        await UseWatchAsync(session);

        Assert.Empty(session.UnusedCommands("store"));
        Assert.Empty(recorder.Missing(OpcodeFacts.IsStore));
    }

    [Fact]
    public async Task A_dump_loads_into_another_server_and_dumps_the_same()
    {
        await using TestServer one = await TestServer.StartAsync();
        await using TestServer other = await TestServer.StartAsync();
        var from = new CliSession(one.Url);
        var to = new CliSession(other.Url);
        await from.Does(0, "store", "mset", "plain", "text", "number", "42");
        await from.Run(["store", "set", "binary", "-"], [0, 255, 10, 13, 34]);
        await from.Expect("2\n", 0, "store", "hset", "hash", "a", "1", "b", "zwei");
        byte[] dump = (await from.Run(["store", "dump"])).OutputBytes;

        CliResult load = await to.Run(["store", "load", "-"], dump);
        Assert.Equal(0, load.ExitCode);
        byte[] again = (await to.Run(["store", "dump"])).OutputBytes;

        Assert.Equal(4, SortedLines(dump).Length);
        Assert.Equal(SortedLines(dump), SortedLines(again));
    }

    [Fact]
    public async Task Ping_and_info_tell_about_the_server()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "ping", "--count", "1");
        CliResult info = await session.Run(["info"]);
        Assert.Equal(0, info.ExitCode);
        Assert.Contains("store.entries", info.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Durability_and_snapshots_are_reached_from_the_command_line()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        var session = new CliSession(server.Url);
        long syncs = server.Log().Stats.Syncs;

        await session.Expect("1\n", 0, "store", "incr", "n", "--durability", "fsync");
        Assert.True(server.Log().Stats.Syncs > syncs);
        await session.Does(0, "store", "--durability", "memory", "get", "n");
        await session.Does(2, "store", "get", "n", "--durability", "perhaps");
        await session.Does(0, "snapshot");
        await session.Does(0, "snapshot", "--json");

        await using TestServer forgetful = await TestServer.StartAsync();
        await new CliSession(forgetful.Url).Does(5, "store", "incr", "n", "--durability", "fsync");
        await new CliSession(forgetful.Url).Does(5, "snapshot");
    }

    [Fact]
    public async Task The_load_generator_reaches_a_server_on_a_unix_socket()
    {
        string path = Path.Combine(Path.GetTempPath(), $"nexo-{Guid.NewGuid():N}.sock");
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Network = options.Network with { UnixSocket = path } });
        await new CliSession($"nexo+unix://{path}").Does(
            0, "bench", "store", "--op", "get", "--clients", "2", "--keys", "10", "--seconds", "0.05", "--verify");
    }

    private static string[] SortedLines(byte[] text) =>
        [.. Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    private static async Task UseValuesAsync(CliSession session)
    {
        await session.Does(0, "store", "set", "a", "one", "--ttl", "5m");
        await session.Expect("one", 0, "store", "get", "a");
        await session.Expect("", No, "store", "get", "none");
        await session.Does(No, "store", "set", "a", "x", "--nx");
        await session.Does(0, "store", "cas", "a", "two", "--if-value", "one");
        await session.Does(No, "store", "cas", "a", "three", "--if-value", "one");
        await session.Expect("5\n", 0, "store", "append", "a", "-x");
        await session.Expect("5\n", 0, "store", "length", "a");
        await session.Expect("wo", 0, "store", "range", "a", "1", "2");
        await session.Expect("two-x", 0, "store", "touch", "a", "--ttl", "1m");
        await session.Expect("two-x", 0, "store", "take", "a");
        await session.Expect("3\n", 0, "store", "incr", "n", "3");
        await session.Expect("2\n", 0, "store", "decr", "n");
    }

    private static async Task UseKeysAsync(CliSession session)
    {
        await session.Does(0, "store", "mset", "k:1", "x", "k:2", "y");
        await session.Does(0, "store", "mget", "k:1", "k:2");
        await session.Does(0, "store", "exists", "k:1");
        await session.Does(No, "store", "exists", "none");
        await session.Does(0, "store", "expire", "k:1", "1h");
        await session.Does(0, "store", "ttl", "k:1");
        await session.Does(0, "store", "persist", "k:1");
        CliResult scan = await session.Run(["store", "scan", "k:"]);
        Assert.Equal(["k:1", "k:2"], scan.Lines.Order(StringComparer.Ordinal));
        await session.Expect("2\n", 0, "store", "count", "k:");
        await session.Does(0, "store", "del", "k:1");
        await session.Does(0, "store", "del", "k:2", "none", "k:3");
        await session.Expect("0\n", 0, "store", "count", "k:");
    }

    private static async Task UseHashesAsync(CliSession session)
    {
        await session.Expect("2\n", 0, "store", "hset", "h", "name", "Ada", "role", "admin");
        await session.Expect("Ada", 0, "store", "hget", "h", "name");
        await session.Does(0, "store", "hmget", "h", "name", "role");
        await session.Does(0, "store", "hgetall", "h");
        await session.Expect("7\n", 0, "store", "hincr", "h", "logins", "7");
        await session.Expect("3\n", 0, "store", "hlen", "h");
        await session.Does(0, "store", "hdel", "h", "role");
    }

    private static async Task UseBulkAsync(CliSession session)
    {
        const string Lines = """
            {"key":"b:1","value":"one"}
            {"key":"b:2","hash":{"f":"v"}}
            """;
        CliResult load = await session.Run(["store", "load", "-"], Encoding.UTF8.GetBytes(Lines));
        Assert.Equal(0, load.ExitCode);
        CliResult dump = await session.Run(["store", "dump", "--prefix", "b:"]);
        Assert.Equal(2, dump.Lines.Length);
        await session.Does(0, "store", "clear", "b:", "--yes");
        await session.Expect("0\n", 0, "store", "count", "b:");
    }

    private static async Task UseWatchAsync(CliSession session)
    {
        Task<CliResult> watching = session.Run(["store", "watch", "w:", "--count", "1"]);
        while (!watching.IsCompleted)
        {
            await session.Run(["store", "set", "w:1", "x"]);
        }

        Assert.Contains("w:1", (await watching).Output, StringComparison.Ordinal);
    }
}
