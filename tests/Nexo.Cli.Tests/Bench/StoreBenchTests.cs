using System.Text.Json;
using Nexo.Cli.Terminal;
using Nexo.Protocol;
using Xunit;

namespace Nexo.Cli.Tests.Bench;

public sealed class StoreBenchTests
{
    private static readonly string[] Brief =
    [
        "bench", "store", "--clients", "4", "--pipeline", "8", "--keys", "100",
        "--seconds", "0.1", "--warm-up", "0", "--json",
    ];

    [Theory]
    [InlineData("set")]
    [InlineData("get")]
    [InlineData("mixed")]
    public async Task A_run_prints_one_object_with_its_figures_and_parameters(string operation)
    {
        await using var store = new ScriptedStore();
        CliResult result = await RunAsync(store, "--op", operation, "--verify", "--threads", "2");
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
        Assert.Single(result.Lines);
        JsonElement json = result.Json;
        Assert.True(json.GetProperty("ops_per_second").GetDouble() > 0);
        Assert.InRange(json.GetProperty("ops").GetInt64(), 1, store.Requests);
        double[] latencies = [.. new[] { "p50_us", "p90_us", "p99_us", "p999_us", "max_us" }
            .Select(name => json.GetProperty(name).GetDouble())];
        Assert.True(latencies[0] > 0);
        Assert.Equal(latencies.Order(), latencies);
        foreach (string none in (string[])["errors", "misses", "mismatches"])
        {
            Assert.Equal(0, json.GetProperty(none).GetInt64());
        }

        Assert.Equal(operation, json.GetProperty("parameters").GetProperty("op").GetString());
        Assert.Equal(8, json.GetProperty("parameters").GetProperty("pipeline").GetInt32());
        Assert.Equal("closed", json.GetProperty("parameters").GetProperty("loop").GetString());
        Assert.Equal("scripted", json.GetProperty("server_version").GetString());
    }

    [Fact]
    public async Task People_get_a_table()
    {
        await using var store = new ScriptedStore();
        CliResult result = await new CliRunner { Terminal = true }.Run([.. Brief[..^1], "--url", store.Url]);
        Assert.Equal(ExitCode.Ok, result.ExitCode);
        Assert.Contains("ops/s", result.Output, StringComparison.Ordinal);
        Assert.Contains("p99.9", result.Output, StringComparison.Ordinal);
        Assert.Contains("measuring", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reading_run_loads_every_key_first()
    {
        await using var store = new ScriptedStore();
        await RunAsync(store, "--op", "get", "--size", "5");
        Assert.Equal(100, store.Values.Count);
        Assert.Contains("key:000000000099", store.Values.Keys);
        Assert.All(store.Values.Values, value => Assert.Equal(5, value.Length));
    }

    [Fact]
    public async Task Without_loading_every_read_is_a_miss()
    {
        await using var store = new ScriptedStore();
        JsonElement json = (await RunAsync(store, "--op", "get", "--prefill", "false")).Json;
        Assert.Equal(json.GetProperty("ops").GetInt64(), json.GetProperty("misses").GetInt64());
    }

    [Fact]
    public async Task Values_larger_than_a_socket_takes_at_once_come_through()
    {
        await using var store = new ScriptedStore();
        CliResult result = await RunAsync(store, "--op", "mixed", "--verify", "--size", "700000", "--keys", "3", "--seconds", "2");
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
        Assert.True(result.Json.GetProperty("ops").GetInt64() > 0);
    }

    [Fact]
    public async Task A_stall_shows_in_the_open_loop_as_long_as_it_lasted()
    {
        // One pause of 150 ms in 500: closed, the few requests in flight see it; open, all that were due meanwhile.
        static Task Stall(long request, CancellationToken end) =>
            request == 200 ? Task.Delay(150, end) : Task.CompletedTask;
        string[] load = ["--clients", "1", "--pipeline", "1", "--op", "set", "--keys", "10", "--seconds", "0.5"];
        await using var closedStore = new ScriptedStore { Before = Stall };
        await using var openStore = new ScriptedStore { Before = Stall };
        JsonElement closed = (await RunAsync(closedStore, load)).Json;
        JsonElement open = (await RunAsync(openStore, [.. load, "--rate", "1000"])).Json;
        Assert.True(closed.GetProperty("max_us").GetDouble() >= 140_000);
        Assert.True(closed.GetProperty("p90_us").GetDouble() < 70_000);
        Assert.True(open.GetProperty("p90_us").GetDouble() >= 70_000);
        Assert.Equal("open", open.GetProperty("parameters").GetProperty("loop").GetString());
        Assert.InRange(open.GetProperty("ops").GetInt64(), 1, 500);
    }

    [Fact]
    public async Task Requests_that_were_due_and_never_answered_count_with_their_age()
    {
        await using var store = new ScriptedStore
        {
            Before = (n, end) => n > 50 ? Task.Delay(Timeout.Infinite, end) : Task.CompletedTask,
        };
        JsonElement json = (await RunAsync(
            store, "--clients", "1", "--pipeline", "1", "--op", "set", "--seconds", "0.3", "--rate", "1000")).Json;
        Assert.InRange(json.GetProperty("ops").GetInt64(), 1, 50);
        Assert.True(json.GetProperty("p50_us").GetDouble() >= 50_000);
    }

    [Fact]
    public async Task Errors_are_counted_and_end_in_a_failure()
    {
        await using var store = new ScriptedStore { Fails = n => n % 10 == 0 ? ErrorCode.OutOfMemory : ErrorCode.None };
        CliResult result = await RunAsync(store, "--op", "set");
        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.True(result.Json.GetProperty("errors").GetInt64() > 0);
        Assert.Contains("OutOfMemory: as scripted", result.ErrorJson.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_changed_on_the_way_is_a_failure()
    {
        await using var store = new ScriptedStore { Read = value => [.. value[..^1], (byte)'!'] };
        Assert.Equal(ExitCode.Ok, (await RunAsync(store, "--op", "get")).ExitCode);
        CliResult verified = await RunAsync(store, "--op", "get", "--verify");
        Assert.Equal(ExitCode.Refused, verified.ExitCode);
        Assert.Equal("mismatch", verified.ErrorJson.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_value_of_another_length_is_a_failure_even_unverified()
    {
        await using var store = new ScriptedStore { Read = value => value[..^1] };
        Assert.Equal("mismatch", (await RunAsync(store, "--op", "get")).ErrorJson.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Answers_out_of_order_end_the_run()
    {
        await using var store = new ScriptedStore { Correlation = number => number ^ 1 };
        CliResult result = await RunAsync(store, "--op", "set");
        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Equal("protocol", result.ErrorJson.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_server_that_falls_silent_ends_the_run()
    {
        await using var store = new ScriptedStore { Before = (_, end) => Task.Delay(Timeout.Infinite, end) };
        CliResult result = await RunAsync(store, "--op", "set", "--seconds", "5", "--timeout", "100ms");
        Assert.Equal(ExitCode.CannotConnect, result.ExitCode);
        Assert.Equal("deadline", result.ErrorJson.GetProperty("code").GetString());
    }

    [Fact]
    public async Task An_interrupt_prints_what_there_is()
    {
        using var interrupt = new CancellationTokenSource();
        await using var store = new ScriptedStore
        {
            Before = (n, _) => n == 1_000 ? interrupt.CancelAsync() : Task.CompletedTask,
        };
        CliResult result = await new CliRunner().Run(
            LineFor(store, "--op", "set", "--seconds", "30"), stdin: null, interrupt.Token);
        Assert.Equal(ExitCode.Interrupted, result.ExitCode);
        Assert.True(result.Json.GetProperty("interrupted").GetBoolean());
        Assert.True(result.Json.GetProperty("ops").GetInt64() > 0);
        Assert.True(result.Json.GetProperty("duration_seconds").GetDouble() < 20);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_or_refuses_us_says_so()
    {
        await using var store = new ScriptedStore { Token = "right" };
        CliResult unreachable = await new CliRunner().Run([.. Brief, "--url", UnreachableServer.Url]);
        Assert.Equal(ExitCode.CannotConnect, unreachable.ExitCode);
        CliResult refused = await RunAsync(store, "--token", "wrong");
        Assert.Equal(ExitCode.Authentication, refused.ExitCode);
        Assert.Contains("wrong token", refused.ErrorJson.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, (await RunAsync(store, "--token", "right")).ExitCode);
    }

    [Theory]
    [InlineData("--op delete")]
    [InlineData("--clients 0")]
    [InlineData("--pipeline x")]
    [InlineData("--pipeline 2000")]
    [InlineData("--size -1")]
    [InlineData("--size 2000000")]
    [InlineData("--keys 0")]
    [InlineData("--keys 3000000000")]
    [InlineData("--key-size 5")]
    [InlineData("--key-size 70000")]
    [InlineData("--distribution normal")]
    [InlineData("--zipf-exponent 0")]
    [InlineData("--read-ratio 1.5")]
    [InlineData("--seconds 0")]
    [InlineData("--warm-up -1")]
    [InlineData("--rate -1")]
    [InlineData("--threads 9")]
    [InlineData("--ttl 5")]
    [InlineData("--pipeline 1024 --size 999999999")]
    public async Task A_load_that_cannot_be_is_a_usage_error(string more)
    {
        await using var store = new ScriptedStore();
        CliResult result = await RunAsync(store, more.Split(' '));
        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Equal("usage", result.ErrorJson.GetProperty("code").GetString());
        Assert.Equal(0, store.Requests);
    }

    private static Task<CliResult> RunAsync(ScriptedStore store, params string[] more) =>
        new CliRunner().Run(LineFor(store, more));

    // An option may be given only once: what a test gives stands in for the brief one.
    private static string[] LineFor(ScriptedStore store, params string[] more)
    {
        var line = new List<string>(Brief);
        foreach (string option in more.Where(word => word.StartsWith("--", StringComparison.Ordinal)))
        {
            if (line.IndexOf(option) is >= 0 and int at)
            {
                line.RemoveRange(at, 2);
            }
        }

        return [.. line, "--url", store.Url, .. more];
    }
}
