using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Nexo.Engine.Queues;
using Nexo.Engine.Streams;
using Nexo.Server.Brokers;

namespace Nexo.Server.Tests.Observability;

public sealed class MetricsTests
{
    private const string Destination = "messaging_destination_name";

    [Fact]
    public async Task A_scrape_with_data_and_hostile_names_is_valid_for_a_strict_parser_and_for_promtool()
    {
        using var directory = new ScratchDirectory();
        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Quiet with { DataDirectory = directory.Path });
        Broker broker = server.App.Services.GetRequiredService<BrokerSet>().Default;
        string[] names = ["plain", "with \"quotes\"", @"back\slash", "straße/日本"];
        foreach (string name in names)
        {
            Push(broker, name);
        }

        broker.Streams.Create("events"u8, new StreamOptionSet(), out _);
        broker.Streams.CreateGroup(
            "events"u8, "readers"u8, StreamGroupMode.Ordered, default, new StreamGroupOptionSet(), out StreamGroupDeclared made);
        Assert.True(made.Created);

        string text = await server.ReadAsync("/metrics");
        PrometheusParser parsed = PrometheusParser.Parse(text);
        Assert.Equal(
            names, parsed.Of("nexo_per_queue_ready").Select(sample => sample.Labels.Single(label => label.Name == Destination).Value));
        Assert.Equal(4, parsed.Value("nexo_queue_ready"));
        Assert.Equal(0, parsed.Value("nexo_per_group_lag", ("messaging_consumer_group_name", "readers"), (Destination, "events"), ("nexo_namespace", "default")));
        Assert.Equal("histogram", parsed.Types["nexo_log_sync_duration_seconds"]);
        Assert.True(parsed.Value("nexo_log_sync_duration_seconds_count") > 0);
        Assert.True(parsed.Value("nexo_log_commit_size_bytes_sum") > 0);
        await CheckByPromtoolAsync(text);
    }

    [Fact]
    public async Task Of_ten_thousand_queues_as_many_as_are_asked_for_have_figures_and_the_others_one_sum()
    {
        const int Queues = 10_000;
        const int Named = 200;
        NexoServerOptions options = RunningServer.Quiet with { Metrics = new() { ObjectsMax = Named } };
        await using RunningServer server = await RunningServer.StartAsync(options);
        Broker broker = server.App.Services.GetRequiredService<BrokerSet>().Default;
        for (int i = 0; i < Queues; i++)
        {
            Push(broker, $"q{i}");
        }

        string text = await server.ReadAsync("/metrics");
        List<double> scrapes = [];
        for (int i = 0; i < 20; i++)
        {
            long from = Stopwatch.GetTimestamp();
            await server.ReadAsync("/metrics");
            scrapes.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
        }

        TestContext.Current.SendDiagnosticMessage($"a scrape took {scrapes.Order().ElementAt(10):N1} ms (median of 20), {text.Length:N0} characters");
        PrometheusParser parsed = PrometheusParser.Parse(text);
        Assert.Equal(Named + 1, parsed.Of("nexo_per_queue_ready").Count());
        Assert.Equal(Enumerable.Range(0, Named).Select(i => $"q{i}"), parsed.Of("nexo_per_queue_pushed_total").SkipLast(1)
            .Select(sample => sample.Labels.Single(label => label.Name == Destination).Value));
        Assert.Equal(Queues - Named, parsed.Value("nexo_per_queue_ready", ("otel_metric_overflow", "true")));
        Assert.Equal(Queues - Named, parsed.Value("nexo_metrics_objects_left_out", ("kind", "queue")));
        Assert.Equal(Queues, parsed.Value("nexo_queue_ready"));
    }

    [Fact]
    public async Task The_count_of_the_others_never_falls()
    {
        NexoServerOptions options = RunningServer.Quiet with { Metrics = new() { ObjectsMax = 1 } };
        await using RunningServer server = await RunningServer.StartAsync(options);
        Broker broker = server.App.Services.GetRequiredService<BrokerSet>().Default;
        Push(broker, "a");
        Push(broker, "b");
        Push(broker, "b");
        Push(broker, "c");
        Assert.Equal(3, await OthersAsync(server));

        // Now b has a name, and what it has counted is told there; it stays with the others too.
        broker.Queues.Delete("a"u8, ifEmpty: false, ifUnused: false, out _, out _);
        Assert.Equal(3, await OthersAsync(server));
        Push(broker, "c");
        Assert.Equal(4, await OthersAsync(server));
    }

    [Fact]
    public async Task Batches_are_timed_by_protocol()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            RunningServer.Quiet with { Resp = new() { Port = NetworkOptions.PortAny } });
        using (var client = new System.Net.Sockets.TcpClient())
        {
            var address = new Uri(server.Addresses.Resp!);
            await client.ConnectAsync(address.Host, address.Port);
            await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
            byte[] answer = new byte[7];
            await client.GetStream().ReadExactlyAsync(answer);
        }

        // The batch ends when its answer has left.
        PrometheusParser parsed;
        int tries = 0;
        do
        {
            Assert.True(tries++ < 600, "the batch was not counted");
            await Task.Delay(50);
            parsed = PrometheusParser.Parse(await server.ReadAsync("/metrics"));
        }
        while (parsed.Value("nexo_request_batch_duration_seconds_count", ("protocol", "resp")) < 1);

        Assert.Equal(0, parsed.Value("nexo_request_batch_duration_seconds_count", ("protocol", "mqtt")));
    }

    private static async Task<double> OthersAsync(RunningServer server) => PrometheusParser.Parse(await server.ReadAsync("/metrics"))
        .Value("nexo_per_queue_pushed_total", ("otel_metric_overflow", "true"));

    private static void Push(Broker broker, string queue)
    {
        var work = new QueueWork();
        Assert.Equal(QueueStatus.Ok, broker.Queues.Push(Encoding.UTF8.GetBytes(queue), new QueueMessage { Body = "x"u8 }, work, out _));
        work.Run();
    }

    // Debian's package prometheus brings it; without it the parser above is all there is.
    private static async Task CheckByPromtoolAsync(string text)
    {
        string? promtool = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);
        if (promtool is null)
        {
            return;
        }

        using Process check = Process.Start(new ProcessStartInfo(promtool, ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await check.StandardInput.WriteAsync(text);
        check.StandardInput.Close();
        string said = await check.StandardOutput.ReadToEndAsync() + await check.StandardError.ReadToEndAsync();
        await check.WaitForExitAsync();
        Assert.True(check.ExitCode == 0, said);
    }
}
