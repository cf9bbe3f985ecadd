using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Spans and measurements of publishing and handling, by the conventions for messaging.</summary>
public sealed class TopicTelemetryTests : TopicHarness
{
    private readonly ConcurrentQueue<Activity> _spans = new();

    [Fact]
    public async Task A_publish_is_a_producer_span_whose_trace_travels_with_the_message()
    {
        using var root = new ActivitySource(nameof(TopicTelemetryTests));
        using ActivityListener listener = Listen(root);
        using Activity parent = root.StartActivity("request")!;
        Task publishing = Topics.PublishAsync("a/b", "x", WithHeaders).AsTask();
        Assert.Same(parent, Activity.Current);
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.TopicPublish);
        await Peer.ReplyAsync(frame, Published(1));
        await publishing.WaitAsync(Patience.Limit);
        await Topics.PostAsync("a/c", "x");
        Assert.Same(parent, Activity.Current);
        ReceivedFrame notice = await Peer.ReadAsync(Opcode.TopicPublish);

        Activity[] spans = [.. _spans.Where(span => span.ParentSpanId == parent.SpanId)];
        Assert.Equal(["publish a/b", "publish a/c"], spans.Select(span => span.OperationName));
        Assert.All(spans, span => Assert.Equal(
            (ActivityKind.Producer, "nexo", "publish", "send"),
            (span.Kind, span.GetTagItem("messaging.system"), span.GetTagItem("messaging.operation.name"),
                span.GetTagItem("messaging.operation.type"))));
        Assert.Equal("a/b", spans[0].GetTagItem("messaging.destination.name"));
        Assert.Null(spans[0].GetTagItem("db.system.name"));
        Assert.Equal(spans[0].Id, new NexoHeaders(frame.HeaderBlock)["traceparent"]);
        Assert.Equal("2", new NexoHeaders(frame.HeaderBlock)["b"]);
        Assert.Equal(spans[1].Id, new NexoHeaders(notice.HeaderBlock)["traceparent"]);

        // In a batch each message tells the trace of whoever publishes, and one that is given stays.
        _ = Topics.PublishBatchAsync<string>(
            [new("a", "1"), new("b", "2", new() { Headers = [new("traceparent", "mine")] })]).AsTask();
        ReceivedFrame batch = await Peer.ReadAsync(Opcode.TopicPublishBatch);
        Assert.True(TopicPublishBatchRequest.TryRead(batch.Body, out TopicPublishBatchRequest request));
        Assert.True(request.TryTake(out TopicPublication message));
        Assert.Equal(parent.Id, new NexoHeaders(message.Headers.ToArray())["traceparent"]);
        Assert.True(request.TryTake(out message));
        Assert.Equal("mine", Assert.Single(new NexoHeaders(message.Headers.ToArray())).Value);
    }

    [Fact]
    public async Task A_handler_runs_in_a_span_that_is_a_child_of_the_publish()
    {
        using var root = new ActivitySource(nameof(TopicTelemetryTests));
        using ActivityListener listener = Listen(root);
        using Activity parent = root.StartActivity("publish")!;
        string context = parent.Id!;
        parent.Stop();
        var seen = new TaskCompletionSource<Activity?>();
        var options = new TopicSubscribeOptions { OnError = _ => { } };
        Task<TopicSubscription> opening = Topics.SubscribeAsync<string>("rooms/+", (_, _) =>
        {
            seen.TrySetResult(Activity.Current);
            throw new InvalidOperationException("no");
        }, options).AsTask();
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(Peer, "rooms/+");
        await PushAsync(Peer, subscribe, new Given("rooms/7") { Headers = [new("traceparent", context)] });
        Activity? span = await seen.Task.WaitAsync(Patience.Limit);
        await (await opening.WaitAsync(Patience.Limit)).DisposeAsync();
        Assert.Equal(("process rooms/+", ActivityKind.Consumer, parent.SpanId), (span!.OperationName, span.Kind, span.ParentSpanId));
        Assert.Equal(
            ("rooms/7", "rooms/+", "process"),
            (span.GetTagItem("messaging.destination.name"), span.GetTagItem("messaging.destination.template"),
                span.GetTagItem("messaging.operation.type")));
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (!_spans.Contains(span))
        {
            await Task.Delay(5, patience.Token);
        }

        Assert.Equal("System.InvalidOperationException", span.GetTagItem("error.type"));
    }

    [Fact]
    public async Task Handling_is_measured_under_the_filter_not_under_each_topic()
    {
        var measured = new TaskCompletionSource<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, meterListener) =>
            {
                if (instrument.Name == "messaging.process.duration")
                {
                    meterListener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            string told = string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
            if (told.Contains("measured/#", StringComparison.Ordinal))
            {
                measured.TrySetResult(told);
            }
        });
        listener.Start();
        _ = Topics.SubscribeAsync<string>("measured/#", (_, _) => ValueTask.CompletedTask).AsTask();
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(Peer, "measured/#");
        await PushAsync(Peer, subscribe, new Given("measured/1"));
        Assert.Equal(
            "messaging.system=nexo messaging.destination.template=measured/#", await measured.Task.WaitAsync(Patience.Limit));
    }

    private ActivityListener Listen(ActivitySource root)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is ClientTelemetry.ActivitySourceName or nameof(TopicTelemetryTests),
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Source == root || options.Parent.TraceFlags == ActivityTraceFlags.Recorded
                    ? ActivitySamplingResult.AllDataAndRecorded
                    : ActivitySamplingResult.None,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
