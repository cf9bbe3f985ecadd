using System.Text;
using System.Text.Json;
using Nexo.Cli.Tests;
using Nexo.Client;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>How commands of topics end, and what they tell when things go wrong.</summary>
public sealed class CliEndTests
{
    private const int Usage = 2;
    private const int Refused = 5;

    // A command that waited for a server that is away would take its five seconds.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task Filters_may_come_from_standard_input_alone()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        Task<CliResult> listening = session.Run(["sub", "--filters", "-", "--count", "1"], "a\n"u8.ToArray());
        await FiltersAsync(server, 1);
        await session.Expect("1\n", 0, "pub", "a", "x");
        Assert.Equal((0, "x\n"), ((await listening).ExitCode, (await listening).Output));
    }

    [Theory]
    [InlineData("sub", "a", "--will", "gone")]
    [InlineData("reply", "a", "b")]
    public async Task It_ends_at_once_when_it_is_told_to_while_the_server_is_away(params string[] line)
    {
        TestServer server = await TestServer.StartAsync();
        using var stop = new CancellationTokenSource();
        Task<CliResult> running = new CliSession(server.Url).Run(line, null, stop.Token);
        await FiltersAsync(server, 1);
        await server.DisposeAsync();
        await stop.CancelAsync();
        CliResult result = await running.WaitAsync(AtOnce, TestContext.Current.CancellationToken);
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("defect", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_leaves_something_behind_has_answered_when_it_ends()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        Task<CliResult> replying = session.Run(["reply", "slow", "--exec", "sleep 20 & echo hi", "--count", "1"]);
        await FiltersAsync(server, 1);
        await session.Expect("hi\n", 0, "request", "slow", "?", "--timeout", "15s");
        Assert.Equal(0, (await replying).ExitCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_missed_is_told_to_scripts_as_well(bool json)
    {
        const int all = 400;
        await using TestServer server = await TestServer.StartAsync();
        using var output = new StalledStream();
        using var stop = new CancellationTokenSource();
        var runner = new CliRunner { Output = output };
        runner.Environment["NEXO_URL"] = server.Url;
        Task<CliResult> listening = runner.Run(["sub", "t", .. json ? ["--json"] : Array.Empty<string>()], null, stop.Token);
        await FiltersAsync(server, 1);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        byte[] body = new byte[64 * 1_024];
        body.AsSpan().Fill((byte)'x');
        for (int i = 0; i < all; i++)
        {
            await client.Topics.PublishAsync<ReadOnlyMemory<byte>>("t", body);
        }

        output.GoOn();
        await client.Topics.PublishAsync("t", "last");
        await Poll.UntilAsync(() => output.Text.Contains("last", StringComparison.Ordinal));
        await stop.CancelAsync();
        string error = (await listening).Error;
        string[] lines = output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        long missed = json
            ? lines.Select(line => JsonDocument.Parse(line).RootElement)
                .Sum(item => item.TryGetProperty("missed", out JsonElement count) ? count.GetInt64() : 0)
            : error.Split('\n').Where(line => line.Contains("missed", StringComparison.Ordinal))
                .Sum(line => long.Parse(line.Split(' ')[1], System.Globalization.NumberStyles.AllowThousands, null));
        int got = lines.Count(line => line.Contains("xxx", StringComparison.Ordinal));
        Assert.Equal((all, true), (got + missed, missed > 0));
    }

    [Fact]
    public async Task A_message_of_several_lines_does_not_end_a_list_of_messages()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        Task<CliResult> listening = session.Run(["sub", "#", "-v", "--count", "3"]);
        await FiltersAsync(server, 1);
        await session.Does(0, "pub", "a", "one\ntwo");
        await session.Does(0, "pub", "a\tb", "x");
        await session.Does(0, "pub", "a", "as it is");
        Assert.Equal("a\tone\\ntwo\na\\tb\tx\na\tas it is\n", (await listening).Output);
    }

    [Fact]
    public async Task Nothing_is_told_that_nobody_knows()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        CliResult sent = await session.Run(["pub", "t", "x", "--no-confirm", "--count", "3", "--json"]);
        Assert.Equal(3, sent.Json.GetProperty("published").GetInt32());
        Assert.False(sent.Json.TryGetProperty("receivers", out _), sent.Output);
        CliResult shown = await session.Run(["bind", "show", "none", "--json"]);
        Assert.Equal((1, false), (shown.ExitCode, shown.Json.GetProperty("found").GetBoolean()));
        await session.Does(0, "pub", "rooms/1", "x", "--retain");
        CliResult got = await session.Run(["retained", "get", "rooms/#", "--json"]);
        Assert.Equal((Refused, "topic_invalid"), (got.ExitCode, got.ErrorJson.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Lines_with_large_headers_or_of_great_length_go_in_requests_that_fit()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        string header = "h=" + new string('x', 60_000);
        byte[] lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a\n", 400)));
        CliResult published = await session.Run(["pub", "t", "--lines", "--header", header], lines);
        Assert.Equal((0, "400\n"), (published.ExitCode, published.Output));
        byte[] large = [.. Encoding.UTF8.GetBytes(new string('a', 900_000) + "\n"), .. Encoding.UTF8.GetBytes(new string('b', 15_900_000))];
        published = await session.Run(["pub", "t", "--lines"], large);
        Assert.Equal((0, "2\n"), (published.ExitCode, published.Output));
    }

    [Theory]
    [InlineData("sub", "t", "--group", "a/b")]
    [InlineData("sub", "t", "--group", "")]
    [InlineData("sub", "t", "--group", "a+")]
    [InlineData("reply", "t", "x", "--group", "#")]
    public async Task A_group_whose_name_would_be_part_of_the_filter_is_refused(params string[] line)
    {
        CliResult result = await CliRunner.For("nexo://127.0.0.1:1").Run(line);
        Assert.Equal(Usage, result.ExitCode);
        Assert.Contains("--group", result.Error, StringComparison.Ordinal);
    }

    private static Task FiltersAsync(TestServer server, int count) =>
        Poll.UntilAsync(() => server.Native.Topics.Stats.Filters == count);

    /// <summary>A pipe whose reader stands still until it is told to go on.</summary>
    private sealed class StalledStream : MemoryStream
    {
        private readonly ManualResetEventSlim _going = new();
        private readonly Lock _gate = new();

        public string Text
        {
            get
            {
                lock (_gate)
                {
                    return Encoding.UTF8.GetString(ToArray());
                }
            }
        }

        public void GoOn() => _going.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _going.Wait(TimeSpan.FromSeconds(30));
            lock (_gate)
            {
                base.Write(buffer);
            }
        }

        protected override void Dispose(bool disposing)
        {
            _going.Dispose();
            base.Dispose(disposing);
        }
    }
}
