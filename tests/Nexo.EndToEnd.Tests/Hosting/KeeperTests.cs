using System.Text.Json;
using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Native;
using Nexo.EndToEnd.Tests.Security;
using Nexo.EndToEnd.Tests.Topics;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Hosting;

/// <summary><c>nexo top</c> and <c>nexo doctor</c> at a server that runs.</summary>
public sealed class KeeperTests
{
    [Fact]
    public async Task Top_shows_what_all_brokers_do_hold_and_owe()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await client.Store.SetAsync("k", "v");
        await client.Queue("jobs").PushAsync("x"u8.ToArray());
        CliRunner cli = CliRunner.For(server.Url);
        await DoAsync(cli, "stream", "create", "log");
        await DoAsync(cli, "stream", "append", "log", "r1");
        await DoAsync(cli, "stream", "group", "create", "log", "mail");

        CliResult json = await cli.Run("top", "--once", "--json", "--interval", "20ms");
        Assert.True(json.ExitCode == 0, json.Error);
        Assert.Equal(
            [1, 1, 1, 1, 1, 1],
            ((string[])["store_entries", "queues", "queues_ready", "streams", "streams_records", "streams_lag"])
                .Select(name => json.Json.GetProperty(name).GetInt64()));
        Assert.True(json.Json.GetProperty("requests_per_second").GetDouble() > 0);
        Assert.True(json.Json.GetProperty("connections").GetInt64() >= 2);

        CliResult plain = await cli.Run("top", "--interval", "20ms");
        Assert.Contains("queues_ready\t1", plain.Lines);

        var terminal = new CliRunner { Terminal = true };
        CliResult live = await terminal.Run("top", "--count", "2", "--interval", "20ms", "--url", server.Url);
        Assert.True(live.ExitCode == 0, live.Error);
        foreach (string part in (string[])["1 entries", "jobs", "log/mail", "groups 1 behind", "topics"])
        {
            Assert.Contains(part, live.Output, StringComparison.Ordinal);
        }

        Assert.Equal(2, (await cli.Run("top", "--once", "--count", "3")).ExitCode);
    }

    [Fact]
    public async Task Rates_are_those_between_two_looks()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        using var stop = new CancellationTokenSource();
        Task writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await client.Store.SetAsync("k", "v");
            }
        });

        CliResult look = await CliRunner.For(server.Url).Run("top", "--once", "--json", "--interval", "1s");
        await stop.CancelAsync();
        await writing;

        Assert.True(look.Json.GetProperty("store_writes_per_second").GetDouble() > 0);
        Assert.Equal(0, look.Json.GetProperty("store_reads_per_second").GetDouble());
    }

    [Fact]
    public async Task Doctor_finds_a_server_well_and_then_what_has_begun_to_go_wrong()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        CliRunner cli = CliRunner.For(server.Url);
        CliResult well = await cli.Run("doctor", "--for", "10ms", "--json");
        Assert.All(Checks(well).Values, check => Assert.NotEqual("critical", check.GetProperty("level").GetString()));
        Assert.Equal("ok", LevelOf(well, "dead-letters"));
        Assert.Equal("ok", LevelOf(well, "subscribers"));

        // Somebody does not take its messages, and others die; both go on while it looks.
        using RawPeer slow = await RawPeer.GreetAsync(server, new HelloRequest { ClientName = "sloth" });
        await slow.SubscribeAsync(7, credits: 0, ["t/#"], SlowPolicy.DropNewest, outboxBytes: 64);
        using var stop = new CancellationTokenSource();
        Task going = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await client.Topics.PublishAsync("t/a", "0123456789012345678901234567890123456789");
                await client.Queue("jobs").PushAsync("x"u8.ToArray());
                foreach (QueueDelivery<ReadOnlyMemory<byte>> message in await client.Queue("jobs").PullAsync(1))
                {
                    await message.DeadLetterAsync("broken");
                }
            }
        });

        CliResult ill = await cli.Run("doctor", "--for", "3s", "--json");
        CliResult plain = await cli.Run("doctor", "--for", "3s");
        await stop.CancelAsync();
        await going;

        Assert.Equal(1, ill.ExitCode);
        Assert.False(ill.Json.GetProperty("healthy").GetBoolean());
        Assert.Equal("warning", LevelOf(ill, "dead-letters"));
        Assert.Contains("jobs", Checks(ill)["dead-letters"].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("warning", LevelOf(ill, "subscribers"));
        Assert.Contains("sloth", Checks(ill)["subscribers"].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(Checks(ill)["subscribers"].GetProperty("advice").GetString()!);
        Assert.Contains(plain.Lines, line => line.StartsWith("warning\tdead-letters\t", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Doctor_looks_into_all_namespaces_and_top_into_one()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Namespaces = ["shop", "billing"] });
        CliRunner cli = CliRunner.For(server.Url);
        foreach (string[] words in (string[][])
            [["stream", "create", "log"], ["stream", "append", "log", "r1"], ["stream", "group", "create", "log", "mail"]])
        {
            await DoAsync(cli, [.. words, "--namespace", "shop"]);
        }

        CliResult found = await cli.Run("doctor", "--for", "10ms", "--json");
        Assert.Equal(1, found.ExitCode);
        Assert.Equal("ok", LevelOf(found, "groups"));
        Assert.Equal("ok", LevelOf(found, "billing"));
        Assert.Equal("warning", LevelOf(found, "shop/groups"));
        Assert.DoesNotContain(Checks(found).Keys, check => check.StartsWith("shop/", StringComparison.Ordinal) && check != "shop/groups");

        Assert.Equal(1, (await cli.Run("top", "--once", "--json", "--interval", "10ms", "--namespace", "shop")).Json.GetProperty("streams_lag").GetInt64());
        Assert.Equal(0, (await cli.Run("top", "--once", "--json", "--interval", "10ms")).Json.GetProperty("streams_lag").GetInt64());
        CliResult within = await cli.Run("doctor", "--for", "10ms", "--json", "--namespace", "shop");
        Assert.Equal("warning", LevelOf(within, "groups"));
    }

    [Fact]
    public async Task Who_may_not_read_figures_is_told_which_rule_it_takes()
    {
        await using SecureServer secure = await SecureServer.StartAsync();
        await secure.AllowAsync("ada", "queue read *");
        await secure.AllowAsync("eve", "admin read");

        foreach (string command in (string[])["top", "doctor"])
        {
            CliResult refused = await As(secure, "ada").Run(command, command == "top" ? "--interval" : "--for", "10ms");
            Assert.Equal(4, refused.ExitCode);
            Assert.Contains("admin read", refused.Error, StringComparison.Ordinal);
        }

        CliResult partly = await As(secure, "eve").Run("doctor", "--for", "10ms", "--json");
        Assert.Equal("note", LevelOf(partly, "groups"));
        Assert.Equal(0, (await As(secure, "eve").Run("top", "--once", "--interval", "10ms")).ExitCode);
    }

    [Fact]
    public async Task Options_for_a_directory_and_for_a_server_do_not_mix()
    {
        var cli = new CliRunner();
        Assert.Equal(2, (await cli.Run("doctor", "--repair")).ExitCode);
        Assert.Equal(2, (await cli.Run("doctor", ".", "--for", "1s")).ExitCode);
    }

    private static CliRunner As(SecureServer secure, string user)
    {
        var cli = CliRunner.For(secure.Server.Url);
        cli.Environment["NEXO_TOKEN"] = user;
        return cli;
    }

    private static Dictionary<string, JsonElement> Checks(CliResult result) => result.Json.GetProperty("checks").EnumerateArray()
        .ToDictionary(check => check.GetProperty("check").GetString()!);

    private static string LevelOf(CliResult result, string check) => Checks(result)[check].GetProperty("level").GetString()!;

    private static async Task DoAsync(CliRunner cli, params string[] args)
    {
        CliResult result = await cli.Run(args);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', args)}: {result.Error}");
    }
}
