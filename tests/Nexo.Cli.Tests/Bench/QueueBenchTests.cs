using System.Text.Json;
using Nexo.Cli.Terminal;
using Nexo.Protocol;
using Xunit;

namespace Nexo.Cli.Tests.Bench;

public sealed class QueueBenchTests
{
    private static readonly string[] Brief =
    [
        "bench", "queue", "--window", "64", "--consumers", "3", "--prefetch", "20", "--seconds", "0.1", "--json",
    ];

    [Theory]
    [InlineData()]
    [InlineData("--batch", "8")]
    [InlineData("--batch", "7", "--window", "20", "--size", "16")]
    [InlineData("--queues", "2", "--publishers", "3")]
    [InlineData("--queues", "8", "--consumers", "3")]
    [InlineData("--size", "100000", "--window", "30")]
    public async Task A_run_prints_one_object_with_its_figures_and_loses_nothing(params string[] options)
    {
        await using var server = new ScriptedQueue();
        CliResult result = await RunAsync(server, [.. options, "--verify"]);
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
        Assert.Single(result.Lines);
        JsonElement json = result.Json;
        foreach (string rate in (string[])["publish_per_second", "drain_per_second", "end_to_end_per_second"])
        {
            Assert.True(json.GetProperty(rate).GetDouble() > 0, rate);
        }

        foreach (string prefix in (string[])["", "confirm_"])
        {
            double[] latencies = [.. new[] { "p50_us", "p90_us", "p99_us", "p999_us", "max_us" }
                .Select(name => json.GetProperty(prefix + name).GetDouble())];
            Assert.True(latencies[0] > 0);
            Assert.Equal(latencies.Order(), latencies);
        }

        foreach (string none in (string[])["lost", "duplicates", "late_acks", "mismatches", "errors", "left"])
        {
            Assert.Equal(0, json.GetProperty(none).GetInt64());
        }

        Assert.Equal(json.GetProperty("messages").GetInt64(), json.GetProperty("acked").GetInt64());
        Assert.True(json.GetProperty("messages").GetInt64() > json.GetProperty("published").GetInt64());
        Assert.Equal("scripted", json.GetProperty("server_version").GetString());
    }

    [Fact]
    public async Task The_queues_are_declared_as_asked_for_and_deleted_at_the_end()
    {
        await using var server = new ScriptedQueue();
        await RunAsync(server, "--durability", "interval", "--queues", "3");
        Assert.Equal(Durability.Interval, server.Durability);
        Assert.Equal(3, server.Deleted.Distinct().Count());
        Assert.Empty(server.Queues);
        Assert.All(server.Deleted, name => Assert.StartsWith("nexo-bench-", name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_backlog_is_published_to_its_last_message_and_drained_and_no_more()
    {
        await using var server = new ScriptedQueue();
        CliResult result = await RunAsync(server, "--backlog", "1000");
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
        Assert.Equal(1_000, result.Json.GetProperty("messages").GetInt64());
        Assert.Equal(1_000, result.Json.GetProperty("acked").GetInt64());
        Assert.Equal(JsonValueKind.Null, result.Json.GetProperty("end_to_end_per_second").ValueKind);
        Assert.Equal(1_000_000, result.Json.GetProperty("backlog_server_resident_bytes").GetInt64());
    }

    [Fact]
    public async Task Messages_that_never_come_are_counted_and_end_in_a_failure()
    {
        await using var server = new ScriptedQueue { Deliveries = n => n % 100 == 0 ? 0 : 1 };
        CliResult result = await RunAsync(server, "--backlog", "1000", "--timeout", "2s");
        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Equal(10, result.Json.GetProperty("lost").GetInt64());
        Assert.Equal("lost", result.ErrorJson.GetProperty("code").GetString());
        Assert.Single(server.Deleted);
    }

    [Fact]
    public async Task Messages_that_come_twice_are_counted_and_are_no_failure()
    {
        await using var server = new ScriptedQueue { Deliveries = n => n % 100 == 0 ? 2 : 1 };
        CliResult result = await RunAsync(server, "--backlog", "1000");
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
        Assert.Equal(10, result.Json.GetProperty("duplicates").GetInt64());
        Assert.Equal(0, result.Json.GetProperty("lost").GetInt64());
    }

    [Theory]
    [InlineData("1")]
    [InlineData("10")]
    public async Task Messages_that_are_refused_are_counted_and_end_in_a_failure(string batch)
    {
        await using var server = new ScriptedQueue { Fails = n => n % 10 == 0 ? ErrorCode.QueueFull : ErrorCode.None };
        CliResult result = await RunAsync(server, "--backlog", "1000", "--batch", batch);
        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Equal(100, result.Json.GetProperty("errors").GetInt64());
        Assert.Equal(900, result.Json.GetProperty("acked").GetInt64());
        Assert.Equal(0, result.Json.GetProperty("lost").GetInt64());
        Assert.Contains("QueueFull", result.ErrorJson.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settlements_that_came_too_late_are_counted()
    {
        await using var server = new ScriptedQueue { Settles = n => n % 100 == 0 ? ErrorCode.LeaseLost : ErrorCode.None };
        JsonElement json = (await RunAsync(server, "--backlog", "1000")).Json;
        Assert.Equal(10, json.GetProperty("late_acks").GetInt64());
        Assert.Equal(990, json.GetProperty("acked").GetInt64());
    }

    [Theory]
    [InlineData(100)]
    [InlineData(20)]
    public async Task A_body_that_is_not_what_was_sent_is_a_mismatch(int at)
    {
        await using var server = new ScriptedQueue
        {
            Body = body => at == 100
                ? [.. body[..^1], (byte)(body[^1] + 1)]
                : [.. body, 0],
        };
        CliResult result = await RunAsync(server, "--backlog", "100", "--verify", "--timeout", "2s");
        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Equal(100, result.Json.GetProperty("mismatches").GetInt64());
    }

    [Fact]
    public async Task Messages_with_headers_come_through()
    {
        await using var server = new ScriptedQueue { Headers = [1, (byte)'a', 1, 0, (byte)'b'] };
        CliResult result = await RunAsync(server, "--verify");
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
        Assert.Equal(0, result.Json.GetProperty("mismatches").GetInt64());
    }

    [Fact]
    public async Task Frames_that_come_in_pieces_are_put_together_and_pings_are_answered()
    {
        await using var server = new ScriptedQueue { PieceBytes = 11, Pings = true };
        CliResult result = await RunAsync(server, "--backlog", "50", "--window", "4", "--verify");
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
        Assert.Equal(50, result.Json.GetProperty("acked").GetInt64());
        Assert.InRange(server.PingsAnswered, 1, 50);
    }

    [Fact]
    public async Task A_stall_shows_in_the_open_loop_as_long_as_it_lasted()
    {
        // One pause of 150 ms in 500 while messages are also consumed: those that were due meanwhile count from then.
        int beside = 0;
        await using var server = new ScriptedQueue
        {
            BeforeBesideConsumers = end => ++beside == 200 ? Task.Delay(150, end) : Task.CompletedTask,
        };
        JsonElement json = (await RunAsync(
            server, "--seconds", "0.5", "--rate", "1000", "--window", "1", "--consumers", "1")).Json;
        Assert.Equal("open", json.GetProperty("parameters").GetProperty("loop").GetString());
        Assert.InRange(json.GetProperty("messages").GetInt64() - json.GetProperty("published").GetInt64(), 200, 501);
        Assert.True(json.GetProperty("p90_us").GetDouble() >= 70_000);
    }

    [Fact]
    public async Task A_server_that_stops_answering_ends_the_run_in_time()
    {
        await using var server = new ScriptedQueue
        {
            Before = (n, end) => n > 50 ? Task.Delay(Timeout.Infinite, end) : Task.CompletedTask,
        };
        CliResult result = await RunAsync(server, "--timeout", "200ms", "--seconds", "30");
        Assert.Equal(ExitCode.CannotConnect, result.ExitCode);
        Assert.Equal("deadline", result.ErrorJson.GetProperty("code").GetString());
    }

    [Fact]
    public async Task An_interrupted_run_prints_what_it_has_and_deletes_its_queues()
    {
        using var interrupt = new CancellationTokenSource();
        await using var server = new ScriptedQueue
        {
            Before = (n, _) => n == 100 ? interrupt.CancelAsync() : Task.CompletedTask,
        };
        CliResult result = await CliRunner.For(server.Url).Run(LineFor("--seconds", "30"), null, interrupt.Token);
        Assert.Equal(ExitCode.Interrupted, result.ExitCode);
        Assert.True(result.Json.GetProperty("interrupted").GetBoolean());
        Assert.Single(server.Deleted);
    }

    [Fact]
    public async Task People_get_a_table()
    {
        await using var server = new ScriptedQueue();
        CliResult result = await new CliRunner { Terminal = true }.Run(
            [.. LineFor("--seconds", "0.5").Where(word => word != "--json"), "--url", server.Url]);
        Assert.Equal(ExitCode.Ok, result.ExitCode);
        foreach (string word in (string[])["publish", "drain", "both", "p99.9", "to the delivery", "resident"])
        {
            Assert.Contains(word, result.Output, StringComparison.Ordinal);
        }

        Assert.Contains("publishing", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_queues_is_told_so()
    {
        await using var store = new ScriptedStore { Fails = _ => ErrorCode.UnknownOpcode };
        CliResult result = await CliRunner.For(store.Url).Run(Brief);
        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Contains("no queues", result.ErrorJson.GetProperty("hint").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--size", "15")]
    [InlineData("--batch", "65")]
    [InlineData("--batch", "0")]
    [InlineData("--prefetch", "1000001")]
    [InlineData("--seconds", "0")]
    [InlineData("--rate", "-1")]
    [InlineData("--backlog", "10", "--rate", "10")]
    [InlineData("--durability", "perhaps")]
    [InlineData("--window", "1000000", "--size", "10000")]
    [InlineData("--url", "redis://localhost")]
    public async Task What_cannot_be_is_said_before_anything_is_connected(params string[] options)
    {
        CliResult result = await CliRunner.For(UnreachableServer.Url).Run(LineFor(options));
        Assert.Equal(ExitCode.Usage, result.ExitCode);
    }

    private static Task<CliResult> RunAsync(ScriptedQueue server, params string[] options) =>
        CliRunner.For(server.Url).Run(LineFor(options));

    // An option may be given only once: what a test gives stands in for the brief one.
    private static string[] LineFor(params string[] options)
    {
        var line = new List<string>(Brief);
        foreach (string option in options.Where(word => word.StartsWith("--", StringComparison.Ordinal)))
        {
            if (line.IndexOf(option) is >= 0 and int at)
            {
                line.RemoveRange(at, 2);
            }
        }

        return [.. line, .. options];
    }
}
