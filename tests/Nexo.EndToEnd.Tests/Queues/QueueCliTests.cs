using System.Text;
using System.Text.Json;
using Nexo.Cli.Tests;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Queues;

public sealed class QueueCliTests
{
    private const int No = 1;
    private const int Usage = 2;
    private const int Refused = 5;

    [Fact]
    public async Task Every_queue_command_is_reached_from_the_command_line()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using var recorder = new OpcodeRecorder(server);
        var session = new CliSession(recorder.Url);

        await UseDefinitionsAsync(session);
        await UseMessagesAsync(session);
        await UseDeadLettersAsync(session);
        await UseSchedulesAsync(session);
        await UseFollowingAsync(session);

        Assert.Empty(session.UnusedCommands("queue"));
        Assert.Empty(recorder.Missing(OpcodeFacts.IsQueue));
    }

    [Fact]
    public async Task A_command_works_on_messages_and_its_end_settles_them()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "queue", "declare", "jobs", "--max-deliveries", "1");
        await PushLinesAsync(session, "jobs", "good\nbad\ngood");

        CliResult work = await session.Run(
        [
            "queue", "consume", "jobs", "--count", "0", "--exec",
            """body=$(cat); echo "$MESSAGE_ID $MESSAGE_ATTEMPT $body"; [ "$body" = good ] || { echo no good >&2; exit 3; }""",
        ]);

        Assert.Equal(No, work.ExitCode);
        Assert.Equal(["1 1 good", "2 1 bad", "3 1 good"], work.Lines);
        Assert.Equal("no good\n", work.Error);
        JsonElement dead = (await session.Run(["queue", "dlq", "list", "jobs", "--json"])).Json;
        Assert.Equal("exit code 3: no good", dead.GetProperty("reason").GetString());
        Assert.Equal("bad", dead.GetProperty("body").GetString());
        await session.Expect("", No, "queue", "consume", "jobs");
    }

    [Fact]
    public async Task A_command_that_takes_longer_than_the_lease_keeps_its_message()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "queue", "declare", "slow", "--lease", "3s");
        await session.Does(0, "queue", "push", "slow", "x");
        CliResult work = await session.Run(["queue", "consume", "slow", "--exec", "cat >/dev/null; sleep 4", "--json"]);
        Assert.Equal("acked", work.Json.GetProperty("settled").GetString());
        JsonElement stats = (await session.Run(["queue", "stats", "slow", "--json"])).Json;
        Assert.Equal((1, 0), (stats.GetProperty("delivered").GetInt32(), stats.GetProperty("leases_expired").GetInt32()));
    }

    [Fact]
    public async Task What_was_only_looked_at_is_given_back_in_its_order()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await PushLinesAsync(session, "q", "a\nb\nc");
        await session.Expect("a\nb\n", 0, "queue", "consume", "q", "--count", "2", "--no-ack");
        await session.Expect("a\nb\nc\n", 0, "queue", "consume", "q", "--count", "0");
    }

    [Fact]
    public async Task A_message_is_its_bytes_whatever_they_are()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        byte[] bytes = [0, 255, 10, 13, 34, 195];
        await session.Run(["queue", "push", "q", "-"], bytes);
        await session.Run(["queue", "push", "q", "-"], bytes);
        Assert.Equal(bytes, (await session.Run(["queue", "consume", "q", "--raw"])).OutputBytes);
        JsonElement json = (await session.Run(["queue", "consume", "q", "--json"])).Json;
        Assert.Equal(bytes, json.GetProperty("body_base64").GetBytesFromBase64());
    }

    [Fact]
    public async Task Json_tells_all_that_is_known_of_a_message()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(
            0, "queue", "push", "q", "body", "--priority", "7", "--group", "g", "--header", "a=1", "--header", "b=x=y");
        JsonElement peeked = (await session.Run(["queue", "peek", "q", "--json"])).Json;
        JsonElement json = (await session.Run(["queue", "consume", "q", "--json"])).Json;
        foreach (JsonElement message in (JsonElement[])[peeked, json])
        {
            Assert.Equal(1, message.GetProperty("message_id").GetInt64());
            Assert.Equal(7, message.GetProperty("priority").GetInt32());
            Assert.Equal("g", message.GetProperty("group").GetString());
            Assert.Equal("""{"a":"1","b":"x=y"}""", message.GetProperty("headers").GetRawText());
            Assert.Equal("body", message.GetProperty("body").GetString());
        }

        Assert.Equal(0, peeked.GetProperty("attempts").GetInt32());
        Assert.Equal(1, json.GetProperty("attempt").GetInt32());
        Assert.True(ulong.Parse(json.GetProperty("lease").GetString()!) > 0);
        Assert.True(json.GetProperty("lease_ends_at_ms").GetInt64() > json.GetProperty("enqueued_at_ms").GetInt64());
    }

    [Fact]
    public async Task The_live_view_draws_over_and_over_on_a_terminal_and_prints_lines_elsewhere()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await PushLinesAsync(session, "full", "a\nb\nc");
        await session.Does(0, "queue", "push", "emptier", "x");
        var terminal = new CliRunner { Terminal = true };
        CliResult live = await terminal.Run("queue", "top", "--count", "2", "--interval", "10ms", "--url", server.Url);
        Assert.Equal(0, live.ExitCode);
        Assert.StartsWith("\e[?1049h", live.Output, StringComparison.Ordinal);
        Assert.EndsWith("\e[?1049l", live.Output, StringComparison.Ordinal);
        Assert.Equal(3, live.Output.Split("\e[H").Length);
        Assert.Contains("2 queues, 4 messages ready", live.Output, StringComparison.Ordinal);

        CliResult plain = await session.Run(["queue", "top"]);
        Assert.Equal(["full", "emptier"], plain.Lines.Select(line => line.Split('\t')[0]));
        Assert.Equal(["3", "0", "0", "0"], plain.Lines[0].Split('\t')[1..5]);
        CliResult json = await session.Run(["queue", "top", "full", "--json", "--count", "2", "--interval", "10ms"]);
        Assert.Equal(2, json.Lines.Length);
        Assert.All(json.Lines, line => Assert.Equal(3, JsonDocument.Parse(line).RootElement.GetProperty("ready").GetInt32()));
    }

    [Fact]
    public async Task Refusals_say_what_to_do_and_are_exit_code_5()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "queue", "declare", "q", "--max-messages", "2", "--max-deliveries", "3");
        CliResult conflict = await session.Run(["queue", "declare", "q", "--max-deliveries", "4", "--json"]);
        Assert.Equal(Refused, conflict.ExitCode);
        Assert.Equal("queue_conflict", conflict.ErrorJson.GetProperty("code").GetString());

        CliResult full = await session.Run(
            ["queue", "push", "q", "--lines", "--json"], Encoding.UTF8.GetBytes("a\nb\nc\nd\n"));
        Assert.Equal(Refused, full.ExitCode);
        Assert.Equal("queue_full", full.ErrorJson.GetProperty("code").GetString());
        Assert.Equal(3, full.ErrorJson.GetProperty("line").GetInt32());
        Assert.Contains("2 messages pushed", full.ErrorJson.GetProperty("hint").GetString(), StringComparison.Ordinal);

        foreach (string line in (string[])["queue show none", "queue stats none", "queue delete none", "queue dlq count none"])
        {
            await session.Does(Refused, line.Split(' '));
        }

        await session.Does(Refused, "queue", "push", "q", "x", "--priority", "200");
        await session.Does(Refused, "queue", "schedule", "set", "s", "every day", "q", "x");
        await session.Does(Usage, "queue", "push", "q");
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("interval", "--batch", "10")]
    [InlineData("fsync", "--queues", "3", "--publishers", "2")]
    public async Task The_load_generator_loses_nothing_and_leaves_nothing(string durability, params string[] options)
    {
        var disk = new Storage.SimulatedDisk();
        await using TestServer server = await Data.DurableServer.StartAsync(disk);
        var session = new CliSession(server.Url);
        CliResult bench = await session.Run(
            ["bench", "queue", "--durability", durability, "--seconds", "0.2", "--timeout", "30s", "--verify", "--json", .. options]);
        Assert.Equal((0, ""), (bench.ExitCode, bench.Error));
        foreach (string none in (string[])["lost", "duplicates", "late_acks", "mismatches", "errors", "left"])
        {
            Assert.Equal(0, bench.Json.GetProperty(none).GetInt64());
        }

        Assert.True(bench.Json.GetProperty("end_to_end_per_second").GetDouble() > 0);
        Assert.True(bench.Json.GetProperty("backlog_server_resident_bytes").GetInt64() > 0);
        await session.Expect("", 0, "queue", "list");
    }

    private static async Task UseDefinitionsAsync(CliSession session)
    {
        await session.Expect("1\n", 0, "queue", "declare", "emails", "--lease", "1m", "--backoff", "fixed");
        await session.Expect("1\n", 0, "queue", "declare", "emails");
        await session.Expect("2\n", 0, "queue", "update", "emails", "--lease", "2m", "--if-revision", "1");
        JsonElement shown = (await session.Run(["queue", "show", "emails", "--json"])).Json;
        Assert.Equal(120_000, shown.GetProperty("lease_ms").GetInt64());
        Assert.Equal("fixed", shown.GetProperty("backoff").GetString());
        await session.Does(0, "queue", "declare", "other");
        await session.Expect("emails\t0\t0\t0\t0\tno\nother\t0\t0\t0\t0\tno\n", 0, "queue", "list");
        await session.Expect("other\t0\t0\t0\t0\tno\n", 0, "queue", "list", "ot");
        await session.Expect("0\n", 0, "queue", "delete", "other", "--if-empty", "--if-unused");
        await session.Does(0, "queue", "pause", "emails");
        await session.Does(Refused, "queue", "push", "emails", "x");
        await session.Expect("emails\t0\t0\t0\t0\tall\n", 0, "queue", "list");
        await session.Does(0, "queue", "resume", "emails");
    }

    private static async Task UseMessagesAsync(CliSession session)
    {
        await session.Expect("1\n", 0, "queue", "push", "emails", "low");
        await session.Expect("2\n", 0, "queue", "push", "emails", "high", "--priority", "9");
        await session.Expect("3\n", 0, "queue", "push", "emails", "once", "--dedup", "k");
        await session.Expect("3\n", 0, "queue", "push", "emails", "twice", "--dedup", "k");
        await session.Expect("4\n", 0, "queue", "push", "emails", "later", "--delay", "1h");
        await PushLinesAsync(session, "emails", "l1\nl2");
        await session.Expect("1\tlow\n2\thigh\n", 0, "queue", "peek", "emails", "--limit", "2");
        await session.Expect("4\tlater\n", 0, "queue", "peek", "emails", "--delayed");
        await session.Expect("high\n", 0, "queue", "consume", "emails");
        await session.Expect("low\nonce\n", 0, "queue", "consume", "emails", "--count", "2", "--ack");
        await session.Expect("l1\n", 0, "queue", "consume", "emails", "--nack", "--delay", "0s", "--reason", "not yet");
        await session.Expect("l1\n", 0, "queue", "consume", "emails", "--no-ack");
        await session.Does(0, "queue", "consume", "emails", "--lease", "3s", "--exec", "sleep 1.5");
        await session.Expect("l2\n", 0, "queue", "consume", "emails", "--wait", "1s");
        await session.Expect("", No, "queue", "consume", "emails", "--wait", "10ms");
        await session.Does(0, "queue", "stats", "emails");
        await session.Does(0, "queue", "top", "--count", "1");
        await session.Expect("1\n", 0, "queue", "purge", "emails");
    }

    private static async Task UseDeadLettersAsync(CliSession session)
    {
        await PushLinesAsync(session, "emails", "d1\nd2\nd3\nd4");
        await session.Does(
            0, "queue", "consume", "emails", "--count", "4", "--dead-letter", "--reason", "no such\taddress");
        CliResult list = await session.Run(["queue", "dlq", "list", "emails", "--reason", "address", "--limit", "1"]);
        string[] fields = list.Output.Split('\t');
        Assert.Equal(("rejected", "1", "emails", "no such\\taddress\n"), (fields[2], fields[3], fields[4], fields[5]));
        await session.Expect("4\n", 0, "queue", "dlq", "count", "emails", "--cause", "rejected");
        await session.Expect("0\n", 0, "queue", "dlq", "count", "emails", "--cause", "expired");
        await session.Expect("1\n", 0, "queue", "dlq", "redrive", "emails", "--id", fields[0]);
        await session.Expect("d1\n", 0, "queue", "consume", "emails");
        await session.Expect("1\n", 0, "queue", "dlq", "redrive", "emails", "--limit", "1", "--per-second", "100");
        await session.Expect("d2\n", 0, "queue", "consume", "emails");
        await session.Expect("1\n", 0, "queue", "dlq", "delete", "emails", "--id", $"{ulong.Parse(fields[0]) + 2}");
        await session.Expect("1\n", 0, "queue", "dlq", "purge", "emails");
        await session.Expect("", No, "queue", "dlq", "list", "emails");
    }

    private static async Task UseSchedulesAsync(CliSession session)
    {
        await session.Does(
            0, "queue", "schedule", "set", "nightly", "0 3 * * *", "emails", "daily", "--time-zone", "Europe/Berlin");
        CliResult list = await session.Run(["queue", "schedule", "list", "night"]);
        Assert.StartsWith("nightly\t0 3 * * *\tEurope/Berlin\temails\t\t", list.Output, StringComparison.Ordinal);
        JsonElement shown = (await session.Run(["queue", "schedule", "show", "nightly", "--json"])).Json;
        Assert.Equal("daily", shown.GetProperty("body").GetString());
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("last_at_ms").ValueKind);
        Assert.True(shown.GetProperty("next_at_ms").GetInt64() > 0);
        await session.Expect("1\n", 0, "queue", "schedule", "delete", "nightly");
        await session.Expect("0\n", No, "queue", "schedule", "delete", "nightly");
        await session.Does(No, "queue", "schedule", "show", "nightly");
    }

    private static async Task UseFollowingAsync(CliSession session)
    {
        Task<CliResult> following = session.Run(["queue", "consume", "live", "--follow", "--count", "2"]);
        await PushLinesAsync(session, "live", "a\nb\nc");
        Assert.Equal(["a", "b"], (await following).Lines);
        await session.Expect("c\n", 0, "queue", "consume", "live");
    }

    private static async Task PushLinesAsync(CliSession session, string queue, string lines)
    {
        CliResult pushed = await session.Run(["queue", "push", queue, "--lines"], Encoding.UTF8.GetBytes(lines));
        Assert.Equal($"{lines.Split('\n').Length}\n", pushed.Output);
    }
}
