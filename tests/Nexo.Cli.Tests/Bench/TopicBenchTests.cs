using System.Text.Json;
using Nexo.Cli.Terminal;
using Nexo.Protocol;
using Xunit;

namespace Nexo.Cli.Tests.Bench;

public sealed class TopicBenchTests
{
    private const string Flood = "0";

    [Theory]
    [InlineData()]
    [InlineData("--publishers", "3", "--topics", "5")]
    [InlineData("--publishers", "3", "--wildcard", "--topics", "2")]
    [InlineData("--size", "16", "--window", "1")]
    [InlineData("--size", "100000", "--window", "10")]
    [InlineData("--confirm")]
    [InlineData("--confirm", "--publishers", "2", "--window", "7")]
    [InlineData("--window", Flood, "--subscribers", "1")]
    public async Task A_run_prints_one_object_with_its_figures_and_loses_nothing(params string[] options)
    {
        await using var server = new ScriptedTopics();
        CliResult result = await RunAsync(server, options);
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
        Assert.Single(result.Lines);
        JsonElement json = result.Json;
        double[] latencies = [.. new[] { "p50_us", "p90_us", "p99_us", "p999_us", "max_us" }
            .Select(name => json.GetProperty(name).GetDouble())];
        Assert.True(latencies[0] > 0);
        Assert.Equal(latencies.Order(), latencies);
        foreach (string none in (string[])["lost", "missed", "disordered", "mismatches", "errors"])
        {
            Assert.Equal(0, json.GetProperty(none).GetInt64());
        }

        long published = json.GetProperty("published").GetInt64();
        int subscribers = json.GetProperty("parameters").GetProperty("subscribers").GetInt32();
        Assert.True(published > 0);
        Assert.Equal(published * subscribers, json.GetProperty("delivered").GetInt64());
        Assert.Equal(
            json.GetProperty("published_per_second").GetDouble() * subscribers,
            json.GetProperty("delivered_per_second").GetDouble(),
            tolerance: subscribers);
        Assert.Equal("scripted", json.GetProperty("server_version").GetString());
        Assert.Equal(1_000_000, json.GetProperty("server_resident_bytes").GetInt64());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(23)]
    [InlineData(1_460)]
    public async Task Pushes_may_come_in_pieces(int bytes)
    {
        await using var server = new ScriptedTopics { PieceBytes = bytes, Pings = true };
        CliResult result = await RunAsync(server, "--window", "20", "--seconds", "0.3");
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
        Assert.True(result.Json.GetProperty("delivered").GetInt64() > 0);
        Assert.True(server.PingsAnswered > 0);
    }

    [Fact]
    public async Task Topics_are_the_same_for_all_publishers()
    {
        await using var server = new ScriptedTopics();
        await RunAsync(server, "--publishers", "3", "--topics", "4");
        Assert.Equal(4, server.Topics.Count);
        Assert.Equal(server.Topics.Order(), server.Filters.Order());
        Assert.All(server.Topics, topic => Assert.StartsWith("nexo-bench/", topic, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_wildcards_topics_are_each_publishers_own_and_filters_are_of_every_kind()
    {
        await using var server = new ScriptedTopics();
        await RunAsync(server, "--publishers", "3", "--topics", "4", "--wildcard");
        Assert.Equal(12, server.Topics.Count);
        Assert.All(server.Filters, filter => Assert.True(filter.Contains('+') || filter.EndsWith('#')));
        Assert.Contains(server.Filters, filter => filter.Contains('+') && !filter.EndsWith('#'));
        Assert.Contains(server.Filters, filter => filter.EndsWith('#'));
    }

    [Fact]
    public async Task Confirms_are_asked_for_and_measured()
    {
        await using var server = new ScriptedTopics();
        JsonElement json = (await RunAsync(server, "--confirm")).Json;
        Assert.True(server.HasConfirmed);
        Assert.Equal(json.GetProperty("published").GetInt64(), json.GetProperty("confirmed").GetInt64());
        Assert.True(json.GetProperty("confirm_p50_us").GetDouble() > 0);
    }

    [Theory]
    [InlineData("1000")]
    [InlineData(Flood)]
    public async Task A_message_that_one_subscriber_does_not_get_is_lost(string window)
    {
        await using var server = new ScriptedTopics { Deliveries = n => n == 100 ? 0 : 1 };
        CliResult result = await RunAsync(server, "--window", window);
        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Equal(1, result.Json.GetProperty("lost").GetInt64());
        Assert.Equal("lost", result.ErrorJson.GetProperty("code").GetString());
    }

    [Fact]
    public async Task The_last_messages_are_lost_too_and_a_window_waits_for_them_no_longer_than_is_said()
    {
        await using var server = new ScriptedTopics { Deliveries = n => n > 100 ? 0 : 1 };
        CliResult result = await RunAsync(server, "--window", "1000", "--timeout", "300ms");
        Assert.Equal(ExitCode.Refused, result.ExitCode);
        JsonElement json = result.Json;
        Assert.Equal(json.GetProperty("published").GetInt64() - 100, json.GetProperty("lost").GetInt64());
    }

    [Fact]
    public async Task What_a_flood_drops_is_no_failure_when_it_is_told()
    {
        await using var server = new ScriptedTopics { Deliveries = n => n % 10 == 0 ? 0 : 1, TellsMissed = true };
        CliResult result = await RunAsync(server, "--window", Flood);
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
        JsonElement json = result.Json;
        Assert.Equal(json.GetProperty("published").GetInt64() / 10, json.GetProperty("lost").GetInt64());
        Assert.Equal(json.GetProperty("lost").GetInt64(), json.GetProperty("missed").GetInt64());
    }

    [Fact]
    public async Task What_is_dropped_although_nobody_was_behind_is_a_failure_even_when_it_is_told()
    {
        await using var server = new ScriptedTopics { Deliveries = n => n % 10 == 0 ? 0 : 1, TellsMissed = true };
        Assert.Equal("lost", (await RunAsync(server)).ErrorJson.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_that_comes_twice_or_late_is_a_failure(bool isLate)
    {
        await using var server = new ScriptedTopics
        {
            Deliveries = n => n == 100 && !isLate ? 2 : 1,
            IsLate = n => n == 100 && isLate,
        };
        CliResult result = await RunAsync(server);
        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Equal(1, result.Json.GetProperty("disordered").GetInt64());
        Assert.Equal("disorder", result.ErrorJson.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_confirm_that_tells_another_number_of_receivers_is_a_mismatch()
    {
        await using var server = new ScriptedTopics { ReceiversTooMany = 1 };
        CliResult result = await RunAsync(server, "--confirm");
        Assert.Equal("mismatch", result.ErrorJson.GetProperty("code").GetString());
        Assert.Equal(
            result.Json.GetProperty("published").GetInt64(), result.Json.GetProperty("mismatches").GetInt64());
    }

    [Fact]
    public async Task Messages_that_are_not_what_was_sent_are_mismatches()
    {
        await using var server = new ScriptedTopics { Headers = [1, 2, 3, 4] };
        CliResult result = await RunAsync(server, "--timeout", "300ms");
        Assert.Equal("mismatch", result.ErrorJson.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData()]
    [InlineData("--confirm")]
    public async Task Messages_that_are_refused_are_counted_and_end_in_a_failure(params string[] options)
    {
        await using var server = new ScriptedTopics { Fails = n => n == 100 ? ErrorCode.TopicInvalid : ErrorCode.None };
        CliResult result = await RunAsync(server, options);
        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Equal(1, result.Json.GetProperty("errors").GetInt64());
        Assert.Contains("TopicInvalid", result.ErrorJson.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_confirm_is_told_so()
    {
        await using var server = new ScriptedTopics { IsMute = true };
        CliResult result = await RunAsync(server, "--confirm", "--timeout", "300ms");
        Assert.Equal((ExitCode.CannotConnect, "deadline"), (result.ExitCode, result.ErrorJson.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task At_a_rate_so_many_messages_are_published_as_are_due()
    {
        await using var server = new ScriptedTopics();
        JsonElement json = (await RunAsync(server, "--rate", "1000", "--seconds", "0.5", "--publishers", "2")).Json;
        Assert.InRange(json.GetProperty("published").GetInt64(), 450, 501);
        Assert.Equal("open", json.GetProperty("parameters").GetProperty("loop").GetString());
        Assert.Equal(0, json.GetProperty("lost").GetInt64());
    }

    [Fact]
    public async Task An_interrupted_run_prints_what_it_has()
    {
        await using var server = new ScriptedTopics();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(0.5));
        CliResult result = await CliRunner.For(server.Url).Run(LineFor("--seconds", "60"), null, stop.Token);
        Assert.Equal(ExitCode.Interrupted, result.ExitCode);
        Assert.True(result.Json.GetProperty("interrupted").GetBoolean());
        Assert.True(result.Json.GetProperty("delivered").GetInt64() > 0);
    }

    [Fact]
    public async Task People_see_a_table()
    {
        await using var server = new ScriptedTopics();
        CliResult result = await new CliRunner { Terminal = true }.Run(
            [.. LineFor("--seconds", "0.5", "--confirm").Where(word => word != "--json"), "--url", server.Url]);
        Assert.Equal(ExitCode.Ok, result.ExitCode);
        foreach (string word in (string[])["delivered", "published", "p99.9", "to the confirm", "resident", "1 → 3"])
        {
            Assert.Contains(word, result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_without_topics_is_told_so()
    {
        await using var store = new ScriptedStore { Fails = _ => ErrorCode.UnknownOpcode };
        CliResult result = await CliRunner.For(store.Url).Run(LineFor());
        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Contains("no topics", result.ErrorJson.GetProperty("hint").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--size", "15")]
    [InlineData("--subscribers", "0")]
    [InlineData("--seconds", "0")]
    [InlineData("--rate", "-1")]
    [InlineData("--topics", "1000001")]
    [InlineData("--topics", "100000", "--publishers", "10", "--subscribers", "100")]
    [InlineData("--window", "100000000")]
    [InlineData("--url", "redis://localhost")]
    public async Task What_cannot_be_is_said_before_anything_is_connected(params string[] options)
    {
        CliResult result = await CliRunner.For(UnreachableServer.Url).Run(LineFor(options));
        Assert.Equal(ExitCode.Usage, result.ExitCode);
    }

    private static Task<CliResult> RunAsync(ScriptedTopics server, params string[] options) =>
        CliRunner.For(server.Url).Run(LineFor(options));

    // The last of several values of an option would be an error: what a test gives takes the place of what is brief.
    private static string[] LineFor(params string[] options)
    {
        (string Name, string Value)[] brief = [("--subscribers", "3"), ("--seconds", "0.1"), ("--window", "100")];
        return
        [
            "bench", "pubsub", "--json",
            .. brief.Where(option => !options.Contains(option.Name)).SelectMany(option => new[] { option.Name, option.Value }),
            .. options,
        ];
    }
}
