using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class HostingAndTelemetryTests
{
    [Fact]
    public async Task The_registered_client_is_one_and_connects_when_it_is_first_used()
    {
        using var server = new EchoServer();
        var services = new ServiceCollection();
        services.AddNexo(options =>
        {
            options.Url = server.Url;
            options.ClientName = "shop";
        });
        await using ServiceProvider provider = services.BuildServiceProvider();
        NexoClient client = provider.GetRequiredService<NexoClient>();
        Assert.Same(client, provider.GetRequiredService<NexoClient>());
        Assert.Equal(NexoConnectionState.Idle, client.State);
        await client.Store.SetAsync("k", "v");
        Assert.Equal(NexoConnectionState.Connected, client.State);
    }

    [Fact]
    public async Task The_hosted_start_connects_and_survives_a_server_that_is_away()
    {
        using var server = new EchoServer();
        await using ServiceProvider up =
            new ServiceCollection().AddNexo(server.Url).ConnectNexoAtStart().BuildServiceProvider();
        await up.GetRequiredService<IHostedService>().StartAsync(CancellationToken.None);
        Assert.Equal(NexoConnectionState.Connected, up.GetRequiredService<NexoClient>().State);

        await using ServiceProvider down =
            new ServiceCollection().AddNexo("nexo://127.0.0.1:1").ConnectNexoAtStart().BuildServiceProvider();
        await down.GetRequiredService<IHostedService>().StartAsync(CancellationToken.None);
        Assert.Equal(NexoConnectionState.Connecting, down.GetRequiredService<NexoClient>().State);
    }

    [Fact]
    public async Task The_health_check_pings()
    {
        using var server = new EchoServer();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(server.Url)).Status);
        HealthReport sick = await CheckAsync("nexo://127.0.0.1:1");
        Assert.Equal(HealthStatus.Degraded, sick.Status);
        Assert.IsType<NexoException>(sick.Entries["nexo"].Exception);
    }

    [Fact]
    public async Task A_recorded_call_has_a_span_that_the_server_can_join_and_leaves_the_callers_own_current()
    {
        var spans = new List<Activity>();
        using var root = new ActivitySource("HostingAndTelemetryTests");
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is ClientTelemetry.ActivitySourceName or "HostingAndTelemetryTests",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Source == root || options.Parent.TraceFlags == ActivityTraceFlags.Recorded
                    ? ActivitySamplingResult.AllDataAndRecorded
                    : ActivitySamplingResult.None,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;

        using Activity parent = root.StartActivity("request")!;
        parent.TraceStateString = "vendor=1";
        Task<long> call = client.Store.IncrementAsync("k").AsTask();
        Assert.Same(parent, Activity.Current);
        ReceivedFrame frame = await peer.ReadAsync(Opcode.StoreIncrement);
        Assert.True(IncrementRequest.TryRead(frame.Body, out _));
        await peer.FailAsync(frame, ErrorCode.Overflow);
        await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));

        Activity span = Assert.Single(spans, span => span.Source.Name == ClientTelemetry.ActivitySourceName);
        Assert.Equal((ActivityKind.Client, parent.SpanId), (span.Kind, span.ParentSpanId));
        Assert.Equal("StoreIncrement", span.GetTagItem("db.operation.name"));
        Assert.Equal("127.0.0.1", span.GetTagItem("server.address"));
        Assert.Equal("Overflow", span.GetTagItem("error.type"));
        Assert.Equal(ActivityStatusCode.Error, span.Status);

        ReadOnlySpan<byte> block = frame.HeaderBlock;
        Assert.True(HeaderBlock.TryReadNext(ref block, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value));
        Assert.Equal((HeaderBlock.TraceParent, span.Id), (name.Text(), value.Text()));
        Assert.True(HeaderBlock.TryReadNext(ref block, out name, out value));
        Assert.Equal((HeaderBlock.TraceState, "vendor=1"), (name.Text(), value.Text()));
        Assert.True(block.IsEmpty);
    }

    [Fact]
    public async Task Durations_calls_in_flight_and_reconnects_are_measured()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        var seen = new StringBuilder();
        long inFlight = 0;
        long reconnects = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, meterListener) =>
            {
                if (instrument.Meter.Name == ClientTelemetry.MeterName)
                {
                    meterListener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                // Other tests run beside this one: look for what only this one does.
                if (tag is { Key: "db.operation.name", Value: "StoreHashLength" } && seconds > 0)
                {
                    lock (seen)
                    {
                        seen.Append('x');
                    }
                }
            }
        });
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (instrument.Name == "nexo.client.in_flight")
            {
                Interlocked.Add(ref inFlight, value);
            }
            else
            {
                Interlocked.Add(ref reconnects, value);
            }
        });
        listener.Start();
        Task<long> call = client.Store.HashLengthAsync("k").AsTask();
        Assert.True(Interlocked.Read(ref inFlight) > 0);
        await peer.ReplyAsync(await peer.ReadAsync(), Bodies.Count(1));
        await call.WaitAsync(Patience.Limit);
        Assert.Equal("x", seen.ToString());
        peer.Drop();
        FakePeer second = await server.AcceptReadyAsync();
        call = client.Store.HashLengthAsync("k").AsTask();
        await second.ReplyAsync(await second.ReadAsync(), Bodies.Count(1));
        await call.WaitAsync(Patience.Limit);
        Assert.True(Interlocked.Read(ref reconnects) >= 1);
    }

    private static async Task<HealthReport> CheckAsync(string url)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddNexo(options =>
        {
            options.Url = url;
            options.RequestTimeout = TimeSpan.FromMilliseconds(500);
        });
        services.AddHealthChecks().AddNexo(failureStatus: HealthStatus.Degraded);
        await using ServiceProvider provider = services.BuildServiceProvider();
        return await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
    }
}
