using System.Buffers.Binary;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nexo.Engine.Queues;
using Nexo.Server.Brokers;
using Nexo.Server.Observability;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Nexo.Server.Tests.Observability;

/// <summary>
/// Metrics as a collector gets them. Other servers of this process have a meter of the same name, which OpenTelemetry takes for the
/// same: so no other test runs meanwhile.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class OtlpTests
{
    [Fact]
    public async Task Metrics_and_histograms_are_pushed_to_the_collector_with_its_key_and_the_last_ones_at_the_stop()
    {
        await using var collector = new OtlpCollector();
        var options = RunningServer.Quiet with
        {
            Otlp = new() { Endpoint = collector.Url, IntervalMs = 1_000, Headers = "x-key=secret" },
        };
        await using RunningServer server = await RunningServer.StartAsync(options);
        Broker broker = server.App.Services.GetRequiredService<BrokerSet>().Default;
        var work = new QueueWork();
        broker.Queues.Push("orders"u8, new QueueMessage { Body = "x"u8 }, work, out _);
        broker.Queues.Consume("orders"u8, new Sink(), new QueueConsumerOptions(), out QueueConsumer? consumer);
        consumer!.AddCredits(1, work);
        work.Run();

        await UntilAsync(() => !collector.Received.IsEmpty);
        await server.App.StopAsync();

        Assert.All(collector.Received, one => Assert.Equal("secret", one.Key));
        Dictionary<string, byte[]> metrics = collector.Metrics();
        Assert.Contains("nexo.queue.pushed", metrics.Keys);
        Assert.Contains("nexo.per_queue.ready", metrics.Keys);
        byte[] last = collector.Received.Last().Body;
        Assert.Contains(
            OtlpCollector.At(last, 1, 1, 1),
            attribute => OtlpCollector.Text(OtlpCollector.At(attribute, 1).Single()) == "service.name"
                && OtlpCollector.Text(OtlpCollector.At(attribute, 2, 1).Single()) == "nexo");

        // Histogram: data points, each with its count and its bounds.
        byte[] wait = OtlpCollector.At(metrics["nexo.queue.wait.duration"], 9, 1).First();
        Assert.True(BinaryPrimitives.ReadUInt64LittleEndian(OtlpCollector.At(wait, 4).Single()) >= 1);
        Assert.Equal(0.001, BitConverter.ToDouble(OtlpCollector.At(wait, 7).First()));
    }

    [Fact]
    public async Task A_collector_that_refuses_is_tried_again_and_costs_the_server_nothing_else()
    {
        await using var collector = new OtlpCollector { Refuses = true };
        var options = RunningServer.Quiet with { Otlp = new() { Endpoint = collector.Url, IntervalMs = 1_000 } };
        await using RunningServer server = await RunningServer.StartAsync(options);
        await UntilAsync(() => collector.Received.Count >= 2);
        Assert.Equal("ready\n", await server.ReadAsync("/readyz"));
    }

    [Fact]
    public async Task That_a_collector_refuses_is_said_once_and_that_it_takes_again()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        var lines = new Lines();
        using var exporter = new Exporter();
        using var reader = new OtlpReader(
            exporter, 3_600_000, 1_000, server.App.Services.GetRequiredService<NexoMetrics>(), new Uri("http://collector"), lines);
        using MeterProvider provider = Sdk.CreateMeterProviderBuilder().AddMeter(MetricNames.Meter).AddReader(reader).Build();

        Assert.False(reader.Collect());
        Assert.False(reader.Collect());
        Assert.Equal([(LogLevel.Warning, 1)], lines.All);
        exporter.Result = ExportResult.Success;
        Assert.True(reader.Collect());
        Assert.True(reader.Collect());
        Assert.Equal([(LogLevel.Warning, 1), (LogLevel.Information, 2)], lines.All);
    }

    [Fact]
    public async Task Without_a_collector_nothing_of_it_is_there()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Assert.Empty(server.App.Services.GetServices<IHostedService>().OfType<OtlpExport>());
        Assert.False(OtlpExport.IsWanted(RunningServer.Quiet));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 600, "it takes too long");
            await Task.Delay(50);
        }
    }

    private sealed class Exporter : BaseExporter<Metric>
    {
        public ExportResult Result { get; set; } = ExportResult.Failure;

        public override ExportResult Export(in Batch<Metric> batch) => Result;
    }

    private sealed class Lines : ILogger
    {
        public List<(LogLevel Level, int Event)> All { get; } = [];

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add((logLevel, eventId.Id));
    }

    private sealed class Sink : IQueueSink
    {
        public bool IsCongested => false;

        public void Deliver(in QueueDelivery delivery)
        {
        }

        public void Flush()
        {
        }

        public void OnEnd(QueueStatus status)
        {
        }
    }
}

/// <summary>Tests that want the process for themselves.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
