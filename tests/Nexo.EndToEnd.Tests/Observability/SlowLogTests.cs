using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Nexo.Cli.Tests;
using Nexo.EndToEnd.Tests.Data;
using Nexo.EndToEnd.Tests.Native;
using Nexo.EndToEnd.Tests.Resp;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;
using Nexo.Server.Observability;
using Nexo.Server.Security;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Observability;

/// <summary>What took too long, and why, as an operator sees it.</summary>
public sealed class SlowLogTests
{
    private const int Keys = 100_000;

    [Fact]
    public async Task A_command_that_takes_long_is_kept_with_who_and_what_and_read_and_forgotten_over_redis()
    {
        await using TestServer server = await StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await FillAsync(peer);
        await peer.ExpectAsync("CLIENT SETNAME tour", "+OK");
        await peer.ExpectAsync("SLOWLOG RESET", "+OK");
        Assert.Equal(Keys / 10, (await peer.CallAsync("KEYS *0")).Split(", ").Length);

        await Poll.UntilAsync(() => Find(server, "keys") is not null);
        SlowOperation slow = Find(server, "keys")!;
        Assert.Equal("*0", slow.Subject);
        Assert.Equal(ClientProtocol.Resp, slow.Protocol);
        Assert.Equal(SlowCause.Ran, slow.Cause);
        Assert.Equal("tour", slow.Client);
        Assert.True(slow.Microseconds >= 1_000);

        CliResult listed = await CliRunner.For(server.Url).Run("slow", "--json");
        JsonElement shown = listed.Lines.Select(line => JsonDocument.Parse(line).RootElement)
            .First(one => one.GetProperty("id").GetInt64() == slow.Id);
        Assert.Equal("keys", shown.GetProperty("operation").GetString());
        Assert.Equal("*0", shown.GetProperty("subject").GetString());
        Assert.Equal("redis", shown.GetProperty("protocol").GetString());
        Assert.Equal("ran", shown.GetProperty("cause").GetString());
        Assert.Equal(slow.Microseconds, shown.GetProperty("microseconds").GetInt64());
        Assert.Single((await CliRunner.For(server.Url).Run("slow", "--limit", "1")).Lines);
        Assert.Equal(2, (await CliRunner.For(server.Url).Run("slow", "--limit", "0")).ExitCode);

        string told = await peer.CallAsync("SLOWLOG GET");
        Assert.Contains($"{slow.Microseconds}", told, StringComparison.Ordinal);
        Assert.Contains("keys", told, StringComparison.Ordinal);
        Assert.Contains("*0", told, StringComparison.Ordinal);
        Assert.NotEqual(":0", await peer.CallAsync("SLOWLOG LEN"));
        await peer.ExpectAsync("SLOWLOG GET 0", "[]");
        Assert.StartsWith("-ERR", await peer.CallAsync("SLOWLOG GET -2"), StringComparison.Ordinal);
        Assert.StartsWith("-ERR", await peer.CallAsync("SLOWLOG NOSUCH"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_waits_for_the_disk_is_told_as_that_and_one_that_does_not_is_not_told()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        server.Services.GetRequiredService<SlowLog>().Apply(new NexoServerOptions { Slow = new SlowOptions { ThresholdMs = 20 } });
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        gate.Close();
        await peer.SendAsync(buffer => DurableServer.Set(buffer, 1, "k", "v", Durability.Fsync));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        await Task.Delay(50);
        gate.Open();
        await peer.ReadAsync();
        for (uint i = 2; i < 20; i++)
        {
            await peer.SendAsync(buffer => DurableServer.Set(buffer, i, "k", "v", Durability.Memory));
            await peer.ReadAsync();
        }

        await Poll.UntilAsync(() => Find(server, nameof(Opcode.StoreSet)) is not null);
        SlowOperation slow = Find(server, nameof(Opcode.StoreSet))!;
        Assert.Equal(SlowCause.Disk, slow.Cause);
        Assert.True(slow.Microseconds >= 50_000);
        Assert.Single(All(server), one => one.Cause == SlowCause.Disk);
    }

    [Fact]
    public async Task A_slow_operation_is_a_span_in_the_trace_of_its_client()
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ServerTelemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (spans)
                {
                    spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using TestServer server = await StartAsync();
        await using (RespPeer filler = await RespPeer.ConnectAsync(server))
        {
            await FillAsync(filler);
        }

        server.Services.GetRequiredService<SlowLog>().ThresholdTicks = 1;
        var trace = ActivityTraceId.CreateRandom();
        string parent = $"00-{trace}-00f067aa0ba902b7-01";
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.StoreCount, FrameKind.Request, 7, FrameFlags.Headers);
            HeaderBlock.Write(buffer, [new("traceparent", parent)]);
            buffer.End();
        });
        await peer.ReadAsync();

        Activity? span = null;
        await Poll.UntilAsync(() =>
        {
            lock (spans)
            {
                return (span = spans.FirstOrDefault(one => one.TraceId == trace)) is not null;
            }
        });
        Assert.Equal(nameof(Opcode.StoreCount), span!.OperationName);
        Assert.Equal("00f067aa0ba902b7", span.ParentSpanId.ToString());
        Assert.Equal(ActivityKind.Server, span.Kind);
    }

    [Fact]
    public async Task What_a_client_logs_in_with_is_nowhere_whatever_comes_behind_it()
    {
        const string Secret = "hunter2-hunter2";
        await using TestServer server = await RespServers.StartAsync(options => options with
        {
            Security = options.Security with { Token = TokenHash.Of(Secret) },
        });
        server.Services.GetRequiredService<SlowLog>().ThresholdTicks = 1;
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await peer.SendRawAsync([.. RespPeer.Encode("AUTH", "wrong-" + Secret), .. RespPeer.Encode("PING")]);
        Assert.StartsWith("-", await peer.ReadAsync(), StringComparison.Ordinal);
        Assert.StartsWith("-NOAUTH", await peer.ReadAsync(), StringComparison.Ordinal);
        await peer.SendRawAsync([.. RespPeer.Encode("AUTH", Secret), .. RespPeer.Encode("PING")]);
        Assert.Equal("+OK", await peer.ReadAsync());
        Assert.Equal("+PONG", await peer.ReadAsync());
        await peer.SendRawAsync([.. RespPeer.Encode("HELLO", "3", "AUTH", "default", Secret), .. RespPeer.Encode("GET", "shown-key")]);
        await peer.ReadAsync();
        await peer.ReadAsync();
        await peer.CallWordsAsync("GET", "shown-key");

        await Poll.UntilAsync(() => Find(server, "get") is not null);
        Assert.Equal("shown-key", Find(server, "get")!.Subject);
        Assert.NotNull(Find(server, "auth"));
        Assert.DoesNotContain(All(server), slow => slow.ToString().Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_last_ones_are_kept_the_newest_first_and_forgotten_by_who_may_see_them()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Namespaces = ["shop"] });
        var brokers = server.Services.GetRequiredService<BrokerSet>();
        Broker shop = brokers.All.Single(broker => broker.Name == "shop");
        var log = new SlowLog(
            new NexoServerOptions { Slow = new SlowOptions { ThresholdMs = 5 } },
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<SlowLog>.Instance);
        for (int i = 0; i < 300; i++)
        {
            log.Keep(id => new SlowOperation(
                id, 0, 1, SlowCause.Ran, ClientProtocol.Native, "x", "", 1, "", "", "", id % 2 == 0 ? brokers.Default : shop));
        }

        Assert.Equal(Enumerable.Range(172, 128).Reverse(), log.Newest(SlowLog.KeptMax, brokers.Default).Select(slow => (int)slow.Id));
        Assert.Equal([299, 297, 295], log.Newest(3, shop).Select(slow => (int)slow.Id));
        log.Reset(shop);
        Assert.Empty(log.Newest(SlowLog.KeptMax, shop));
        Assert.Equal(64, log.Newest(SlowLog.KeptMax, brokers.Default).Count);
        log.Reset(brokers.Default);
        Assert.Empty(log.Newest(SlowLog.KeptMax, brokers.Default));
    }

    [Fact]
    public void Only_what_takes_as_long_as_the_threshold_is_slow_and_what_is_shown_moves_no_cursor()
    {
        var log = new SlowLog(
            new NexoServerOptions { Slow = new SlowOptions { ThresholdMs = 5 } },
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<SlowLog>.Instance);
        long second = Stopwatch.Frequency;
        Assert.True(log.IsSlow(second / 200));
        Assert.False(log.IsSlow((second / 200) - 1));
        log.Apply(new NexoServerOptions { Slow = new SlowOptions { ThresholdMs = 0 } });
        Assert.False(log.IsSlow(second * 3_600));
        Assert.Equal("a?b", SlowLog.Shown("a\u001bb"u8));
        Assert.Equal(129, SlowLog.Shown(new byte[100_000]).Length);
    }

    private static Task<TestServer> StartAsync() =>
        RespServers.StartAsync(options => options with { Slow = new SlowOptions { ThresholdMs = 1 } });

    private static SlowOperation? Find(TestServer server, string operation)
    {
        var brokers = server.Services.GetRequiredService<BrokerSet>();
        return server.Services.GetRequiredService<SlowLog>().Newest(SlowLog.KeptMax, brokers.Default)
            .FirstOrDefault(slow => slow.Operation.StartsWith(operation, StringComparison.Ordinal));
    }

    private static IReadOnlyList<SlowOperation> All(TestServer server) => server.Services.GetRequiredService<SlowLog>()
        .Newest(SlowLog.KeptMax, server.Services.GetRequiredService<BrokerSet>().Default);

    private static async Task FillAsync(RespPeer peer)
    {
        const int AtOnce = 1_000;
        for (int i = 0; i < Keys; i += AtOnce)
        {
            IEnumerable<string> words = Enumerable.Range(i, AtOnce).SelectMany(key => new[] { $"key-{key:D10}", "v" });
            Assert.Equal("+OK", await peer.CallWordsAsync(["MSET", .. words]));
        }
    }
}
