using System.Text;
using System.Text.Json;
using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

public sealed class CliGroupTests
{
    private const int No = 1;
    private const int Usage = 2;
    private const int Refused = 5;

    [Fact]
    public async Task Every_group_command_is_reached_from_the_command_line()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using var recorder = new OpcodeRecorder(server);
        var session = new CliSession(recorder.Url);
        await StreamAsync(session, "s", "a\nb\nc\nd");
        await session.Expect("0\n", 0, "stream", "group", "create", "s", "o");
        await session.Expect("0\n", 0, "stream", "group", "create", "s", "k", "--mode", "shared", "--backoff", "0s");
        await session.Expect("k\tshared\t0\t4\t0\no\tordered\t0\t4\t0\n", 0, "stream", "group", "list", "s");
        await session.Expect("a\nb\n", 0, "stream", "group", "consume", "s", "o", "--count", "2");
        await session.Expect("2\n", 0, "stream", "group", "seek", "s", "o", "--to", "beginning", "--dry-run");
        await session.Does(0, "stream", "group", "show", "s", "o");
        await session.Expect("a\n", 0, "stream", "group", "consume", "s", "k", "--nack", "--reason", "not yet");
        await session.Expect("a\nb\nc\nd\n", 0, "stream", "group", "consume", "s", "k", "--count", "0");

        // Silent for so long that it must say that it lives.
        using var stop = new CancellationTokenSource();
        Task<CliResult> following = session.Run(["stream", "group", "consume", "s", "o", "--follow", "--session", "1s"], null, stop.Token);
        await Poll.UntilAsync(() => Task.FromResult(!recorder.Missing(opcode => opcode == Opcode.GroupHeartbeat).Any()));
        await stop.CancelAsync();
        Assert.Equal("c\nd\n", (await following).Output);
        await session.Expect("1\n", 0, "stream", "group", "delete", "s", "o");
        await session.Expect("0\n", No, "stream", "group", "delete", "s", "o");
        Assert.DoesNotContain(
            session.UnusedCommands("stream"), path => path.StartsWith("stream group ", StringComparison.Ordinal));
        Assert.Empty(recorder.Missing(opcode => OpcodeFacts.IsStream(opcode) && opcode >= Opcode.GroupCreate));
    }

    [Fact]
    public async Task A_group_goes_on_where_it_was_and_again_from_where_it_is_sought()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await StreamAsync(session, "s", "a\nb\nc");
        await session.Expect("1\n", 0, "stream", "group", "create", "s", "g", "--from", "1");
        CliResult other = await session.Run(["stream", "group", "create", "s", "g", "--mode", "shared", "--json"]);
        Assert.Equal((Refused, "group_conflict"), (other.ExitCode, Code(other)));
        Assert.Contains("the mode is Ordered", other.Error, StringComparison.Ordinal);
        await session.Expect("b\n", 0, "stream", "group", "consume", "s", "g");
        await session.Expect("c\n", 0, "stream", "group", "consume", "s", "g", "--count", "0", "--no-ack");
        await session.Expect("c\n", 0, "stream", "group", "consume", "s", "g", "--count", "0");
        await session.Expect("", No, "stream", "group", "consume", "s", "g", "--wait", "10ms");
        JsonElement dry = (await session.Run(["stream", "group", "seek", "s", "g", "--last", "2", "--dry-run", "--json"])).Json;
        Assert.Equal((3, 1, 2), (Number(dry, "before"), Number(dry, "after"), Number(dry, "replayed")));
        Assert.Equal(3, Number((await session.Run(["stream", "group", "show", "s", "g", "--json"])).Json, "position"));
        await session.Expect("3\n", 0, "stream", "group", "seek", "s", "g", "--since", "1h");
        await session.Expect("a\nb\nc\n", 0, "stream", "group", "consume", "s", "g", "--count", "0");
        await session.Does(Refused, "stream", "group", "seek", "s", "g", "--to", "9");
        await session.Does(0, "stream", "group", "seek", "s", "g", "--to", "9", "--clamp");
        await session.Does(Refused, "stream", "group", "show", "s", "none");
        await session.Does(Usage, "stream", "group", "seek", "s", "g");
        await session.Does(Usage, "stream", "group", "create", "s", "h", "--lease", "5s");
    }

    [Fact]
    public async Task What_fails_comes_again_and_then_is_a_dead_letter()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await StreamAsync(session, "s", "bad");
        await session.Does(0, "stream", "create", "failed");
        await session.Does(
            0, "stream", "group", "create", "s", "g", "--mode", "shared", "--max-deliveries", "2", "--dead-letter-stream", "failed");
        await session.Expect("bad\n", 0, "stream", "group", "consume", "s", "g", "--nack", "--delay", "0s");
        await session.Expect("bad\n", 0, "stream", "group", "consume", "s", "g", "--nack", "--delay", "0s", "--reason", "no use");
        await session.Expect("", No, "stream", "group", "consume", "s", "g");
        JsonElement dead = (await session.Run(["stream", "read", "failed", "--json"])).Json;
        Assert.Equal("bad", dead.GetProperty("value").GetString());
        Assert.Equal("s", dead.GetProperty("headers").GetProperty("nexo-stream").GetString());
        JsonElement shown = (await session.Run(["stream", "group", "show", "s", "g", "--json"])).Json;
        Assert.Equal((1, 0, 1), (Number(shown, "dead_letters"), Number(shown, "lag"), Number(shown, "position")));
        Assert.Equal("failed", shown.GetProperty("dead_letter_stream").GetString());
    }

    [Fact]
    public async Task In_an_ordered_group_one_stands_by_until_the_other_goes()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await StreamAsync(session, "s", "a");
        await session.Does(0, "stream", "group", "create", "s", "g");
        using var stop = new CancellationTokenSource();
        Task<CliResult> first = session.Run(["stream", "group", "consume", "s", "g", "--follow", "--name", "one"], null, stop.Token);
        await MembersAsync(server, members => members is [{ State: MemberState.Active }]);
        Task<CliResult> second = session.Run(["stream", "group", "consume", "s", "g", "--follow", "--name", "two", "--count", "1"]);
        await MembersAsync(server, members => members is [_, { State: MemberState.Standby, Name: "two" }]);
        await Poll.UntilAsync(async () =>
            Number((await session.Run(["stream", "group", "show", "s", "g", "--json"])).Json, "position") == 1);
        await stop.CancelAsync();
        Assert.Equal((0, "a\n"), ((await first).ExitCode, (await first).Output));
        await session.Does(0, "stream", "append", "s", "b");
        Assert.Equal((0, "b\n"), ((await second).ExitCode, (await second).Output));
        CliResult nacked = await session.Run(["stream", "group", "seek", "s", "g", "--to", "beginning", "--json"]);
        Assert.Equal(2, Number(nacked.Json, "replayed"));

        // Told before anything is printed.
        CliResult refused = await session.Run(["stream", "group", "consume", "s", "g", "--nack"]);
        Assert.Equal((Usage, ""), (refused.ExitCode, refused.Output));
    }

    [Fact]
    public async Task Following_goes_on_when_the_connection_is_lost_over_a_commit()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using var relay = new CutRelay(server.Port);
        var session = new CliSession(server.Url);
        await StreamAsync(session, "s", "a");
        await session.Does(0, "stream", "group", "create", "s", "g");
        relay.CutsAt = Opcode.GroupCommit;
        CliResult followed = await new CliSession(relay.Url).Run(["stream", "group", "consume", "s", "g", "--follow", "--count", "2"]);
        Assert.Equal((No, "a\na\n"), (followed.ExitCode, followed.Output));
        Assert.Equal(1, Number((await session.Run(["stream", "group", "show", "s", "g", "--json"])).Json, "position"));
    }

    private static async Task StreamAsync(CliSession session, string name, string lines)
    {
        await session.Does(0, "stream", "create", name);
        Assert.Equal(0, (await session.Run(["stream", "append", name, "--lines"], Encoding.UTF8.GetBytes(lines))).ExitCode);
    }

    private static async Task MembersAsync(TestServer server, Func<IReadOnlyList<StreamGroupMember>, bool> are)
    {
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await Poll.UntilAsync(async () => are((await client.Stream("s").Group("g").DescribeAsync()).Members));
    }

    private static string Code(CliResult result) => result.ErrorJson.GetProperty("code").GetString()!;

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
