using System.Globalization;
using System.Text;
using System.Text.Json;
using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

public sealed class CliTests
{
    private const int No = 1;
    private const int Usage = 2;
    private const int Refused = 5;
    private const int Interrupted = 130;

    [Fact]
    public async Task Every_stream_command_is_reached_from_the_command_line()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using var recorder = new OpcodeRecorder(server);
        var session = new CliSession(recorder.Url);
        await session.Does(0, "stream", "create", "s");
        await session.Does(0, "stream", "update", "s", "--max-records", "10");
        await session.Does(0, "stream", "show", "s");
        await session.Does(0, "stream", "list");
        await session.Does(0, "stream", "stats");
        await session.Expect("0\n", 0, "stream", "append", "s", "a");
        await LinesAsync(session, "s", "b\nc");
        await session.Expect("a\nb\nc\n", 0, "stream", "read", "s");
        await session.Expect("a\n", 0, "stream", "tail", "s", "--from", "0", "--count", "1");
        await session.Expect("1\n", 0, "stream", "trim", "s", "--before", "1", "--yes");
        await session.Expect("2\n", 0, "stream", "delete", "s", "--yes");
        Assert.DoesNotContain(
            session.UnusedCommands("stream"), path => !path.StartsWith("stream group ", StringComparison.Ordinal));
        Assert.Empty(recorder.Missing(opcode => OpcodeFacts.IsStream(opcode) && opcode < Opcode.GroupCreate));
    }

    [Fact]
    public async Task Streams_are_made_shown_changed_listed_trimmed_and_deleted()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Expect("1\n", 0, "stream", "create", "s", "--max-records", "1000");
        await session.Expect("1\n", 0, "stream", "create", "s");
        CliResult conflict = await session.Run(["stream", "create", "s", "--max-records", "7", "--json"]);
        Assert.Equal((Refused, "stream_conflict"), (conflict.ExitCode, Code(conflict)));
        await session.Expect("2\n", 0, "stream", "update", "s", "--max-age", "1h", "--protect-groups", "on", "--if-revision", "1");
        await session.Does(Refused, "stream", "update", "s", "--max-age", "2h", "--if-revision", "1");
        await LinesAsync(session, "s", "a\nb\nc\nd");
        JsonElement shown = (await session.Run(["stream", "show", "s", "--json"])).Json;
        Assert.Equal((2, 0, 4), (Number(shown, "revision"), Number(shown, "first"), Number(shown, "next")));
        Assert.Equal((3_600_000, 1_000), (Number(shown, "max_age_ms"), Number(shown, "max_records")));
        Assert.True(shown.GetProperty("protect_groups").GetBoolean());
        await session.Does(0, "stream", "create", "other");
        Assert.Equal(["other\t0\t0\t0", "s\t0\t4"], (await session.Run(["stream", "list"])).Lines
            .Select((line, index) => index == 0 ? line : line[..line.LastIndexOf('\t')]));
        Assert.Equal(4, Number((await session.Run(["stream", "stats", "s", "--json"])).Json, "appended"));
        Assert.Equal(2, Number((await session.Run(["stream", "stats", "--json"])).Json, "streams"));
        await session.Expect("1\n", 0, "stream", "trim", "s", "--before", "1");
        await session.Expect("2\n", 0, "stream", "trim", "s", "--keep", "2");
        await session.Expect("2\n", 0, "stream", "trim", "s", "--older-than", "1h");
        await session.Expect("2\n", 0, "stream", "trim", "s", "--older-than", "36500d");
        await session.Expect("2\n", 0, "stream", "trim", "s", "--older-than", "9999999d");
        await session.Expect("2\n", 0, "stream", "trim", "s", "--before-time", "1960-01-01");
        await session.Expect("2\n", 0, "stream", "delete", "s");
        await session.Does(Refused, "stream", "delete", "s");
        await session.Expect("0\n", 0, "stream", "delete", "other", "--if-unused");
    }

    [Fact]
    public async Task Records_are_read_from_any_place_in_either_direction()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "stream", "create", "s");
        await session.Expect("0\n", 0, "stream", "append", "s", "a", "--key", "x");
        await session.Expect("1\n", 0, "stream", "append", "s", "b", "--key", "y");
        await session.Expect("2\n", 0, "stream", "append", "s", "c", "--key", "x");
        await session.Expect("3\n", 0, "stream", "append", "s", "d");
        await session.Expect("a\nb\nc\nd\n", 0, "stream", "read", "s");
        await session.Expect("c\nd\n", 0, "stream", "read", "s", "--from", "2");
        await session.Expect("d\nc\n", 0, "stream", "read", "s", "--last", "2", "--backward");
        await session.Expect("b\na\n", 0, "stream", "read", "s", "--from", "2", "--backward");
        await session.Expect("c\nd\n", 0, "stream", "read", "s", "--last", "2");
        await session.Expect("a\n", 0, "stream", "read", "s", "--count", "1");
        await session.Expect("ac", 0, "stream", "read", "s", "--raw", "--key", "x", "--since", "1m");
        await session.Expect("c\n", 0, "stream", "read", "s", "--key", "x", "--last", "1");
        await session.Expect("a\nc\n", 0, "stream", "read", "s", "--key", "x", "--last", "5");
        await session.Expect("a\n", 0, "stream", "read", "s", "--key", "x", "--last", "5", "--count", "1");
        await session.Expect("c\n", 0, "stream", "read", "s", "--key", "x", "--last", "5", "--count", "1", "--backward");
        await session.Expect("a\nb\nc\nd\n", 0, "stream", "read", "s", "--from", "1960-01-01");
        await session.Expect("b", 0, "stream", "read", "s", "--at", "1", "--raw");
        await session.Expect("", No, "stream", "read", "s", "--at", "4");
        await session.Expect("", No, "stream", "read", "s", "--from", "end");
        await session.Expect("", No, "stream", "read", "s", "--from", "2999-01-01");
        CliResult beyond = await session.Run(["stream", "read", "s", "--from", "9", "--json"]);
        Assert.Equal((Refused, "offset_out_of_range"), (beyond.ExitCode, Code(beyond)));
        await session.Expect("", No, "stream", "read", "s", "--from", "9", "--clamp");
        await session.Does(Refused, "stream", "read", "none");
        string verbose = (await session.Run(["stream", "read", "s", "-v", "--at", "1"])).Output;
        Assert.Matches("^1\t[0-9]{13}\ty\tb\n$", verbose);
    }

    [Fact]
    public async Task Reading_waits_for_a_first_record_when_it_is_told_to()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "stream", "create", "s");
        await session.Expect("", No, "stream", "read", "s", "--wait", "10ms");
        Task<CliResult> waiting = session.Run(["stream", "read", "s", "--wait", "30s"]);
        await ReadersAsync(server, "s", 1);
        await session.Does(0, "stream", "append", "s", "a");
        Assert.Equal("a\n", (await waiting).Output);

        // Where it waits is where it reads.
        foreach (string[] place in new string[][] { ["--from", "end"], ["--last", "0"] })
        {
            waiting = session.Run(["stream", "read", "s", .. place, "--wait", "30s"]);
            await ReadersAsync(server, "s", 1);
            await session.Does(0, "stream", "append", "s", "b");
            Assert.Equal("b\n", (await waiting).Output);
        }
    }

    [Fact]
    public async Task Json_tells_all_of_a_record_and_is_appended_as_it_was()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "stream", "create", "s");
        byte[] bytes = [0, 255, 10, 13, 34, 195];
        await session.Run(["stream", "append", "s", "-", "--header", "a=1", "--key", @"k\xff", "--escape"], bytes);
        await session.Does(0, "stream", "append", "s", "plain", "--timestamp", Moment(-1));
        await session.Does(0, "stream", "append", "s", "--key", "k", "--tombstone");
        CliResult read = await session.Run(["stream", "read", "s", "--json"]);
        JsonElement[] records = [.. read.Lines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(bytes, records[0].GetProperty("value_base64").GetBytesFromBase64());
        Assert.Equal([(byte)'k', 255], records[0].GetProperty("key_base64").GetBytesFromBase64());
        Assert.Equal("""{"a":"1"}""", records[0].GetProperty("headers").GetRawText());
        Assert.True(records[1].GetProperty("producer_time").GetBoolean());
        Assert.False(records[1].TryGetProperty("key", out _));
        Assert.True(records[2].GetProperty("tombstone").GetBoolean());
        Assert.Equal(bytes, (await session.Run(["stream", "read", "s", "--raw", "--at", "0"])).OutputBytes);

        await session.Does(0, "stream", "create", "copy");
        CliResult copied = await session.Run(["stream", "append", "copy", "--ndjson"], read.OutputBytes);
        Assert.Equal("3\n", copied.Output);
        string[] again = (await session.Run(["stream", "read", "copy", "--json"])).Lines;
        Assert.Equal(read.Lines.Select(WithoutItsPlace), again.Select(WithoutItsPlace));
    }

    [Fact]
    public async Task What_is_expected_holds_or_nothing_is_appended()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "stream", "create", "s");
        await session.Expect("0\n", 0, "stream", "append", "s", "a", "--expect", "0", "--key", "k", "--expect-key-version", "0");
        await session.Expect("", No, "stream", "append", "s", "b", "--expect", "0");
        CliResult conflict = await session.Run(["stream", "append", "s", "b", "--key", "k", "--expect-key-version", "0", "--json"]);
        Assert.Equal((No, 1, 1), (conflict.ExitCode, Number(conflict.Json, "next"), Number(conflict.Json, "key_version")));
        await session.Expect("1\n", 0, "stream", "append", "s", "b", "--key", "k", "--expect-key-version", "1");
        CliResult lines = await session.Run(["stream", "append", "s", "--lines", "--expect", "2"], "c\nd"u8.ToArray());
        Assert.Equal((0, "2\n"), (lines.ExitCode, lines.Output));
        CliResult late = await session.Run(["stream", "append", "s", "--lines", "--expect", "2", "--json"], "e\nf"u8.ToArray());
        Assert.Equal((No, 0, 4), (late.ExitCode, Number(late.Json, "appended"), Number(late.Json, "next")));
        await session.Expect("a\nb\nc\nd\n", 0, "stream", "read", "s");
    }

    [Theory]
    [InlineData()]
    [InlineData("--expect", "0")]
    public async Task Very_many_lines_are_appended_in_their_order(params string[] options)
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "stream", "create", "s");
        string text = string.Concat(Enumerable.Range(0, 200_000).Select(i => $"line {i}\n"));
        CliResult appended = await session.Run(["stream", "append", "s", "--lines", "--json", .. options], Encoding.UTF8.GetBytes(text));
        Assert.Equal((0, ""), (appended.ExitCode, appended.Error));
        Assert.Equal((200_000, text.Length - 200_000), (Number(appended.Json, "appended"), Number(appended.Json, "bytes")));
        Assert.Equal(text, (await session.Run(["stream", "read", "s"])).Output);
    }

    [Fact]
    public async Task Keys_are_a_field_of_the_objects()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "stream", "create", "s");
        const string Orders = """
            {"customer":"ada","n":1}

            {"customer":"bob","n":2}
            {"customer":"ada","n":3}
            """;
        CliResult appended = await session.Run(["stream", "append", "s", "--key-field", "customer"], Encoding.UTF8.GetBytes(Orders));
        Assert.Equal((0, "3\n"), (appended.ExitCode, appended.Output));
        await session.Expect(
            "{\"customer\":\"ada\",\"n\":1}\n{\"customer\":\"ada\",\"n\":3}\n", 0, "stream", "read", "s", "--key", "ada");
    }

    [Fact]
    public async Task The_first_line_that_is_at_fault_is_named_and_those_before_it_are_there()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "stream", "create", "s", "--max-record-bytes", "10");
        CliResult large = await session.Run(
            ["stream", "append", "s", "--lines", "--json"], "a\nb\nc\nd\nmuch too large\nf"u8.ToArray());
        Assert.Equal((Refused, "value_too_large"), (large.ExitCode, Code(large)));
        Assert.Equal(5, Number(large.ErrorJson, "line"));
        await session.Expect("a\nb\nc\nd\n", 0, "stream", "read", "s");
        CliResult bad = await session.Run(
            ["stream", "append", "s", "--ndjson", "--json"], "{\"value\":\"e\"}\n{\"value\":\n"u8.ToArray());
        Assert.Equal((Usage, "bad_line", 2), (bad.ExitCode, Code(bad), Number(bad.ErrorJson, "line")));
        await session.Expect("e\n", 0, "stream", "read", "s", "--last", "1");
        CliResult none = await session.Run(["stream", "append", "none", "--lines", "--json"], "a\n"u8.ToArray());
        Assert.Equal((Refused, "stream_not_found"), (none.ExitCode, Code(none)));
        CliResult old = await session.Run(["stream", "append", "s", "x", "--timestamp", "2001-01-01", "--json"]);
        Assert.Equal((Refused, "timestamp_out_of_range"), (old.ExitCode, Code(old)));
    }

    [Fact]
    public async Task A_tail_begins_where_it_is_told_and_gives_what_comes()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "stream", "create", "s");
        await LinesAsync(session, "s", "a\nb\nc");
        await session.Expect("a\nb\nc\n", 0, "stream", "tail", "s", "--since", "10m", "--count", "3");
        Task<CliResult> last = session.Run(["stream", "tail", "s", "--last", "1", "--count", "2"]);
        Task<CliResult> now = session.Run(["stream", "tail", "s", "--count", "1", "--json"]);
        Task<CliResult> keyed = session.Run(["stream", "tail", "s", "--key", "k", "--count", "1"]);
        await ReadersAsync(server, "s", 3);
        await session.Does(0, "stream", "append", "s", "d");
        await session.Does(0, "stream", "append", "s", "e", "--key", "k");
        Assert.Equal("c\nd\n", (await last).Output);
        Assert.Equal("d", (await now).Json.GetProperty("value").GetString());
        Assert.Equal("e\n", (await keyed).Output);
    }

    [Fact]
    public async Task A_tail_lasts_until_it_is_interrupted_or_its_stream_is_gone()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "stream", "create", "s");
        using var stop = new CancellationTokenSource();
        Task<CliResult> interrupted = session.Run(["stream", "tail", "s", "--from", "beginning"], null, stop.Token);
        Task<CliResult> gone = session.Run(["stream", "tail", "s", "--json"]);
        await ReadersAsync(server, "s", 2);
        await session.Does(0, "stream", "append", "s", "a");
        await stop.CancelAsync();
        Assert.Equal(0, (await interrupted).ExitCode);
        await session.Expect("1\n", 0, "stream", "delete", "s", "--yes");
        Assert.Equal((Refused, "stream_not_found"), ((await gone).ExitCode, Code(await gone)));
    }

    [Fact]
    public async Task What_is_published_to_topics_is_in_the_stream_that_is_bound_to_them()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        CliResult none = await session.Run(["bind", "sensors/+", "--to", "stream:readings", "--json"]);
        Assert.Equal((Refused, "stream_not_found"), (none.ExitCode, Code(none)));
        await session.Does(0, "stream", "create", "readings");
        await session.Expect("stream:readings:sensors/+\n", 0, "bind", "sensors/+", "--to", "stream:readings", "--key-by-topic");
        Task<CliResult> tail = session.Run(["stream", "tail", "readings", "--count", "2", "-v"]);
        await ReadersAsync(server, "readings", 1);
        await session.Does(0, "pub", "sensors/attic", "21", "--header", "unit=c");
        await session.Does(0, "pub", "sensors/cellar", "12");
        await session.Does(0, "pub", "other", "x");
        Assert.Equal(
            ["0 sensors/attic 21", "1 sensors/cellar 12"],
            (await tail).Lines.Select(line => line.Split('\t')).Select(fields => $"{fields[0]} {fields[2]} {fields[3]}"));
        JsonElement record = (await session.Run(["stream", "read", "readings", "--at", "0", "--json"])).Json;
        Assert.Equal("c", record.GetProperty("headers").GetProperty("unit").GetString());
        await session.Expect("stream:readings:sensors/+\tsensors/+\tstream:readings\t2\t0\n", 0, "bind", "list");
        await session.Expect("1\n", 0, "bind", "delete", "stream:readings:sensors/+");
    }

    [Fact]
    public async Task People_see_a_record_on_one_line_whatever_is_in_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "stream", "create", "s");
        await session.Run(["stream", "append", "s", "-", "--key", "k"], "two\nlines\e[31m"u8.ToArray());
        var terminal = new CliRunner { Terminal = true };
        terminal.Environment["NO_COLOR"] = "1";
        CliResult shown = await terminal.Run("stream", "read", "s", "--url", server.Url);
        Assert.Equal("0 k two\\nlines\\x1b[31m\n", shown.Output);
        CliResult list = await terminal.Run("stream", "list", "--url", server.Url);
        Assert.Contains("records", list.Output, StringComparison.Ordinal);
    }

    private static string Code(CliResult result) => result.ErrorJson.GetProperty("code").GetString()!;

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();

    private static string Moment(int hours) => DateTimeOffset.UtcNow.AddHours(hours).ToString("O", CultureInfo.InvariantCulture)[..19];

    // A copy has times of its own: those that the records had.
    private static string WithoutItsPlace(string line) => line[line.IndexOf("\"offset\"", StringComparison.Ordinal)..]
        .Replace("\"producer_time\":true,", "", StringComparison.Ordinal);

    private static async Task LinesAsync(CliSession session, string stream, string lines)
    {
        CliResult appended = await session.Run(["stream", "append", stream, "--lines"], Encoding.UTF8.GetBytes(lines));
        Assert.Equal($"{lines.Split('\n').Length}\n", appended.Output);
    }

    [Fact]
    public async Task Ctrl_C_ends_appending_also_when_the_server_is_away()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using var relay = new CutRelay(server.Port);
        await new CliSession(server.Url).Does(0, "stream", "create", "s");
        relay.CutsAt = Opcode.StreamAppendBatch;
        using var stop = new CancellationTokenSource();
        Task<CliResult> appending = new CliSession(relay.Url).Run(["stream", "append", "s", "--lines"], "a\nb"u8.ToArray(), stop.Token);
        await Poll.UntilAsync(() => Task.FromResult(relay.CutsAt == default));
        relay.Close();
        await stop.CancelAsync();
        Assert.Equal(Interrupted, (await appending.WaitAsync(TimeSpan.FromSeconds(10))).ExitCode);
    }

    private static async Task ReadersAsync(TestServer server, string stream, int count)
    {
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await Poll.UntilAsync(async () => (await client.Stream(stream).StatsAsync()).Readers == count);
    }
}
