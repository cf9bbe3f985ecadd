using System.Text;
using System.Text.Json;
using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

public sealed class CliTests
{
    private const int No = 1;
    private const int Usage = 2;
    private const int CannotConnect = 3;
    private const int Refused = 5;

    private static readonly string[] Commands = ["pub", "sub", "request", "reply", "topics", "retained", "bind"];

    [Fact]
    public async Task Every_topic_command_is_reached_from_the_command_line()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using var recorder = new OpcodeRecorder(server);
        var session = new CliSession(recorder.Url);

        await UseMessagesAsync(session, server.Url);
        await UseRequestsAsync(session);
        await UseListsAsync(session);
        await UseRetainedAsync(session);
        await UseBindingsAsync(session);

        Assert.Empty(Commands.SelectMany(session.UnusedCommands));

        // A will goes with the farewell of its client.
        Assert.Empty(recorder.Missing(opcode => opcode.IsTopic() && opcode != Opcode.TopicWillClear));
    }

    [Fact]
    public async Task Messages_are_printed_as_they_come_with_their_topics_and_what_is_kept_first()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await session.Does(0, "pub", "rooms/attic/state", "cold", "--retain");
        Task<CliResult> plain = session.Run(["sub", "rooms/#", "-v", "--count", "2"]);
        Task<CliResult> json = session.Run(["sub", "rooms/+/state", "other", "--json", "--count", "2"]);
        Task<CliResult> fresh = session.Run(["sub", "rooms/#", "--no-retained", "--count", "1"]);
        await ListenersAsync(session, 3);
        await session.Expect("3\n", 0, "pub", "rooms/cellar/state", "damp", "--header", "unit=none");
        Assert.Equal("rooms/attic/state\tcold\nrooms/cellar/state\tdamp\n", (await plain).Output);
        Assert.Equal("damp\n", (await fresh).Output);
        JsonElement[] messages = [.. (await json).Lines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.True(messages[0].GetProperty("retained").GetBoolean());
        Assert.Equal("rooms/cellar/state", messages[1].GetProperty("topic").GetString());
        Assert.Equal("none", messages[1].GetProperty("headers").GetProperty("unit").GetString());
        Assert.Equal("damp", messages[1].GetProperty("body").GetString());
    }

    [Fact]
    public async Task A_group_shares_the_messages()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        Task<CliResult>[] members =
            [.. Enumerable.Range(0, 2).Select(_ => session.Run(["sub", "jobs/#", "--group", "g", "--count", "1"]))];
        await ListenersAsync(session, 2);
        await session.Expect("1\n", 0, "pub", "jobs/1", "a");
        await Task.WhenAny(members);
        await session.Expect("1\n", 0, "pub", "jobs/2", "b");
        string[] got = [.. (await Task.WhenAll(members)).Select(result => result.Output)];
        Assert.Equal(["a\n", "b\n"], got.Order());
    }

    [Fact]
    public async Task Filters_come_and_go_while_it_listens()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        Task<CliResult> listening =
            session.Run(["sub", "a", "--filters", "-", "--count", "2", "-v"], Encoding.UTF8.GetBytes("b\nc\n-a\n"));
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await Poll.UntilAsync(async () => (await client.Topics.StatsAsync()).Filters == 2);
        await session.Expect("0\n", 0, "pub", "a", "1");
        await session.Expect("1\n", 0, "pub", "c", "2");
        await session.Expect("1\n", 0, "pub", "b", "3");
        Assert.Equal("c\t2\nb\t3\n", (await listening).Output);
    }

    [Fact]
    public async Task A_filter_that_is_none_ends_it_whenever_it_comes()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        CliResult first = await session.Run(["sub", "a/#/b", "--json"]);
        Assert.Equal((Refused, "filter_invalid"), (first.ExitCode, first.ErrorJson.GetProperty("code").GetString()));
        CliResult later = await session.Run(["sub", "a", "--filters", "-", "--json"], "b+\n"u8.ToArray());
        Assert.Equal((Refused, "filter_invalid"), (later.ExitCode, later.ErrorJson.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Lines_are_messages_and_the_first_that_is_refused_is_named()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        Task<CliResult> listening = session.Run(["sub", "log", "--count", "3"]);
        await ListenersAsync(session, 1);
        CliResult published = await session.Run(["pub", "log", "--lines", "--json"], "a\nb\nc"u8.ToArray());
        Assert.Equal((3, 3), (Number(published.Json, "published"), Number(published.Json, "receivers")));
        Assert.Equal("a\nb\nc\n", (await listening).Output);
        CliResult refused = await session.Run(["pub", "$SYS/x", "--lines", "--json"], "a\n"u8.ToArray());
        Assert.Equal((Refused, "topic_invalid"), (refused.ExitCode, refused.ErrorJson.GetProperty("code").GetString()));
        Assert.Equal(1, Number(refused.ErrorJson, "line"));
    }

    [Theory]
    [InlineData()]
    [InlineData("--no-confirm")]
    public async Task A_topic_that_is_none_is_refused_confirmed_or_not(params string[] options)
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        CliResult refused = await session.Run(["pub", "a/+", "x", "--json", .. options]);
        Assert.Equal((Refused, "topic_invalid"), (refused.ExitCode, refused.ErrorJson.GetProperty("code").GetString()));
        Assert.Contains("+", refused.ErrorJson.GetProperty("hint").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_confirms_comes_all_the_same()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        Task<CliResult> listening = session.Run(["sub", "t", "--count", "100"]);
        await ListenersAsync(session, 1);
        await session.Expect("100\n", 0, "pub", "t", "x", "--no-confirm", "--count", "100");
        Assert.Equal(100, (await listening).Lines.Length);
    }

    [Fact]
    public async Task A_request_is_answered_by_a_command_or_fails_as_the_command_does()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        Task<CliResult> replying = session.Run(
            ["reply", "greet/+", "--count", "2", "--exec", """read n; [ "$n" = Ada ] && echo "hello $n of $MESSAGE_TOPIC" """]);
        await ListenersAsync(session, 1);
        await session.Expect("hello Ada of greet/all\n", 0, "request", "greet/all", "Ada");
        await session.Does(CannotConnect, "request", "greet/all", "Bob", "--timeout", "500ms");
        CliResult replied = await replying;
        Assert.Equal((No, "nexo: a request to greet/all failed: exit code 1\n"), (replied.ExitCode, replied.Error));
        CliResult alone = await session.Run(["request", "greet/all", "Ada", "--json"]);
        Assert.Equal((No, "no_receivers"), (alone.ExitCode, alone.ErrorJson.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task The_will_of_a_subscriber_is_taken_back_when_it_ends()
    {
        await using TestServer server = await TestServer.StartAsync();
        var session = new CliSession(server.Url);
        await using NexoClient watcher = await NexoClient.ConnectAsync(server.Url);
        using var stop = new CancellationTokenSource();
        Task<CliResult> ended = session.Run(["sub", "x", "--will", "gone", "--will-body", "bye", "--will-retain"], null, stop.Token);
        await Poll.UntilAsync(async () => await watcher.Topics.StatsAsync() is { Wills: 1, Subscriptions: 1 });
        await stop.CancelAsync();
        Assert.Equal(0, (await ended).ExitCode);
        await Poll.UntilAsync(async () => (await watcher.Topics.StatsAsync()).Wills == 0);
        Assert.Equal(0, (await watcher.Topics.StatsAsync()).WillsPublished);
        Assert.Null(await watcher.Topics.Retained.GetAsync<string>("gone"));
    }

    [Theory]
    [InlineData("sub")]
    [InlineData("pub", "t", "x", "--ttl", "1s")]
    [InlineData("pub", "t", "--lines", "--count", "2")]
    [InlineData("pub", "t")]
    [InlineData("sub", "t", "--when-slow", "perhaps")]
    [InlineData("sub", "t", "--will-body", "x")]
    [InlineData("sub", "t", "--filters", "/no/such/file")]
    [InlineData("reply", "t")]
    [InlineData("reply", "t", "x", "--exec", "cat")]
    [InlineData("bind", "t")]
    [InlineData("bind", "t", "--to", "table:x")]
    [InlineData("bind", "t", "--to", "queue:")]
    [InlineData("topics", "--once", "--count", "2")]
    public async Task What_cannot_be_is_said_before_anything_is_connected(params string[] line)
    {
        CliResult result = await CliRunner.For("nexo://127.0.0.1:1").Run(line);
        Assert.Equal(Usage, result.ExitCode);
    }

    private static async Task UseMessagesAsync(CliSession session, string url)
    {
        await session.Expect("0\n", 0, "pub", "a", "x");
        CliResult lines = await session.Run(["pub", "a", "--lines"], "x\ny"u8.ToArray());
        Assert.Equal("2\n", lines.Output);
        Task<CliResult> listening = session.Run(
            ["sub", "a", "--filters", "-", "--count", "1", "--will", "w"], "b\n"u8.ToArray());
        await using NexoClient client = await NexoClient.ConnectAsync(url);
        await Poll.UntilAsync(async () => (await client.Topics.StatsAsync()).Filters == 2);
        await session.Expect("1\n", 0, "pub", "b", "z");
        Assert.Equal("z\n", (await listening).Output);
    }

    private static async Task UseRequestsAsync(CliSession session)
    {
        Task<CliResult> replying = session.Run(["reply", "ping", "pong", "--count", "1"]);
        await ListenersAsync(session, 1);
        await session.Expect("pong", 0, "request", "ping", "?");
        Assert.Equal(0, (await replying).ExitCode);
    }

    private static async Task UseListsAsync(CliSession session)
    {
        CliResult topics = await session.Run(["topics", "a", "--json"]);
        Assert.Equal(3, Number(topics.Json, "messages"));
        Assert.Equal(3, Number((await session.Run(["topics", "#", "--json", "--count", "1"])).Lines
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Single(topic => topic.GetProperty("topic").GetString() == "a"), "messages"));
        Assert.True(Number((await session.Run(["topics", "stats", "--json"])).Json, "published") >= 4);
    }

    private static async Task UseRetainedAsync(CliSession session)
    {
        await session.Does(0, "pub", "r/1", "one", "--retain", "--ttl", "1h");
        await session.Does(0, "pub", "r/2", "two", "--retain");
        CliResult list = await session.Run(["retained", "list", "r/+", "--json"]);
        Assert.Equal(["one", "two"], list.Lines.Select(
            line => JsonDocument.Parse(line).RootElement.GetProperty("body").GetString()));
        await session.Expect("one", 0, "retained", "get", "r/1");
        await session.Expect("", No, "retained", "get", "r/3");
        await session.Expect("2\n", 0, "retained", "clear", "r/#");
    }

    private static async Task UseBindingsAsync(CliSession session)
    {
        await session.Does(0, "queue", "declare", "orders");
        await session.Expect("queue:orders:o/#\n", 0, "bind", "o/#", "--to", "queue:orders");
        CliResult again = await session.Run(["bind", "o/#", "--to", "queue:orders", "--json"]);
        Assert.False(again.Json.GetProperty("created").GetBoolean());
        CliResult conflict = await session.Run(["bind", "p/#", "--to", "queue:orders", "--name", "queue:orders:o/#", "--json"]);
        Assert.Equal("binding_conflict", conflict.ErrorJson.GetProperty("code").GetString());
        CliResult published = await session.Run(["pub", "o/7", "an order", "--json"]);
        Assert.Equal((0, 1), (Number(published.Json, "receivers"), Number(published.Json, "bindings")));
        await session.Expect("an order\n", 0, "queue", "consume", "orders");
        await session.Expect("queue:orders:o/#\to/#\tqueue:orders\t1\t0\n", 0, "bind", "list");
        CliResult show = await session.Run(["bind", "show", "queue:orders:o/#", "--json"]);
        Assert.Equal("o/#", show.Json.GetProperty("filter").GetString());
        await session.Expect("1\n", 0, "bind", "delete", "queue:orders:o/#");
        await session.Expect("", No, "bind", "delete", "queue:orders:o/#");
        await session.Expect("", No, "bind", "show", "queue:orders:o/#");
    }

    private static async Task ListenersAsync(CliSession session, int count) => await Poll.UntilAsync(
        async () => (await session.Run(["topics", "subscribers", "--json"])).Lines.Length == count);

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
