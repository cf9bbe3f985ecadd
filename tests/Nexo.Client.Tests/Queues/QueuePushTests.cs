using System.Diagnostics;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class QueuePushTests : QueueHarness
{
    [Fact]
    public async Task A_push_says_what_its_options_say()
    {
        ReceivedFrame frame = await PushAsync(Queue.PushAsync("body"));
        Assert.True(QueuePushRequest.TryReadPlain(frame.Body, out ReadOnlySpan<byte> queue, out byte priority, out ReadOnlySpan<byte> message));
        Assert.Equal((Name, 0, "body"), (queue.Text(), priority, message.Text()));
        Assert.Empty(frame.HeaderBlock);

        frame = await PushAsync(Queue.PushAsync("body", new()
        {
            Priority = 9,
            Delay = TimeSpan.FromMinutes(2),
            Ttl = TimeSpan.FromHours(1),
            DedupId = "id",
            Group = "tenant",
            Headers = [new("a", "1"), new("b", "2")],
        }));
        Assert.True(QueuePushRequest.TryRead(frame.Body, out QueuePushRequest request));
        Assert.Equal(PushParts.Delay | PushParts.Ttl | PushParts.DedupId | PushParts.Group, request.Message.Parts);
        Assert.Equal(
            (9, 120_000L, 3_600_000L, "id", "tenant", "body"),
            (request.Message.Priority, request.Message.DelayMs, request.Message.TtlMs, request.Message.DedupId.Text(),
                request.Message.Group.Text(), request.Message.Body.Text()));
        Assert.Equal([new("a", "1"), new("b", "2")], new NexoHeaders(frame.HeaderBlock));

        frame = await PushAsync(Queue.PushAsync("x", new() { DueAt = DateTimeOffset.FromUnixTimeMilliseconds(77), DedupId = new byte[300] }));
        Assert.True(QueuePushRequest.TryRead(frame.Body, out request));
        Assert.Equal((PushParts.DueAt | PushParts.DedupId, 77L, 300), (request.Message.Parts, request.Message.DueAt, request.Message.DedupId.Length));

        // Raw bytes, by the queue that has no type.
        Task<QueuePushResult> raw = Client.Queue(Name).PushAsync(new byte[] { 0, 255 }).AsTask();
        frame = await Peer.ReadAsync(Opcode.QueuePush);
        Assert.True(QueuePushRequest.TryReadPlain(frame.Body, out _, out _, out message));
        Assert.Equal([0, 255], message.ToArray());
        await Peer.ReplyAsync(frame, buffer => new QueuePushReply(PushOutcome.Duplicate, 3).Write(buffer));
        QueuePushResult result = await raw.WaitAsync(Patience.Limit);
        Assert.Equal((true, false, 3ul), (result.IsDuplicate, result.IsDeadLetter, result.MessageId));
    }

    [Fact]
    public async Task Options_that_cannot_be_meant_are_refused_by_name_and_nothing_is_sent()
    {
        QueuePushOptions[] bad =
        [
            new() { Priority = -1 },
            new() { Priority = 256 },
            new() { Delay = TimeSpan.Zero, DueAt = DateTimeOffset.UnixEpoch },
            new() { Headers = [new("Upper", "x")] },
            new() { Headers = [new(string.Empty, "x")] },
            new() { Headers = [new(new string('n', 256), "x")] },
            new() { Headers = [new("big", new string('v', 65_530))] },
        ];
        foreach (QueuePushOptions options in bad)
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Queue.PushAsync("x", options));
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Queue.PushBatchAsync(["x"], options));
        }

        await PushAsync(Queue.PushAsync("good"));
    }

    [Fact]
    public async Task A_batch_has_all_its_messages_and_an_answer_for_each()
    {
        Task<IReadOnlyList<QueuePushItem>> pushing = Queue.PushBatchAsync(
            [
                new QueueMessage<string>("a", new() { Priority = 2, DedupId = "1", Headers = [new("h", "v")] }),
                new QueueMessage<string>("b", new() { DedupId = "2" }),
                new QueueMessage<string>(new string('c', 10_000), new() { Group = "g" }),
            ],
            allOrNone: true).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueuePushBatch);
        Assert.True(QueuePushBatchRequest.TryRead(frame.Body, out QueuePushBatchRequest request));
        Assert.Equal((true, Name, 3u), (request.AllOrNone, request.Queue.Text(), request.Count));
        Assert.True(request.TryTake(out PushedMessage message));
        Assert.Equal((2, "1", "a"), (message.Priority, message.DedupId.Text(), message.Body.Text()));
        Assert.Equal([new("h", "v")], new NexoHeaders(message.Headers.ToArray()));
        Assert.True(request.TryTake(out message));
        Assert.Equal(("b", 0), (message.Body.Text(), message.Headers.Length));
        Assert.True(request.TryTake(out message));
        Assert.Equal((10_000, "g"), (message.Body.Length, message.Group.Text()));
        await Peer.ReplyAsync(frame, buffer =>
        {
            QueuePushBatchReply.WriteStart(buffer, 3);
            QueuePushBatchReply.WriteItem(buffer, ErrorCode.None, new QueuePushReply(PushOutcome.Accepted, 5));
            QueuePushBatchReply.WriteItem(buffer, ErrorCode.None, new QueuePushReply(PushOutcome.Duplicate, 2));
            QueuePushBatchReply.WriteItem(buffer, ErrorCode.QueueFull, default);
        });
        IReadOnlyList<QueuePushItem> items = await pushing.WaitAsync(Patience.Limit);
        Assert.Equal([(true, false, 5ul), (true, true, 2ul), (false, false, 0ul)],
            items.Select(item => (item.IsPushed, item.IsDuplicate, item.MessageId)));

        // An answer with another count is none.
        pushing = Queue.PushBatchAsync(["x"]).AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.QueuePushBatch), buffer => QueuePushBatchReply.WriteStart(buffer, 0));
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => pushing.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.ProtocolViolation, error.Code);
    }

    [Fact]
    public async Task A_push_whose_answer_was_lost_can_be_repeated_if_it_has_a_dedup_id()
    {
        foreach (bool dedup in new[] { false, true })
        {
            await using var server = new FakeServer();
            (NexoClient client, FakePeer peer) = await server.ConnectAsync();
            await using NexoClient owned = client;
            QueuePushOptions options = dedup ? new() { DedupId = "1" } : default;
            Task<QueuePushResult> push = client.Queue<string>(Name).PushAsync("x", options).AsTask();
            await peer.ReadAsync(Opcode.QueuePush);
            peer.Drop();
            NexoException error = await Assert.ThrowsAsync<NexoException>(() => push.WaitAsync(Patience.Limit));
            Assert.Equal((ClientErrorCode.ConnectionLost, dedup), (error.Code, error.Retryable));
        }
    }

    [Fact]
    public async Task The_trace_of_whoever_pushes_travels_with_the_message()
    {
        using var source = new ActivitySource("QueuePushTests");
        using var listener = new ActivityListener
        {
            ShouldListenTo = listened => listened == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using Activity activity = source.StartActivity("order")!;
        activity.TraceStateString = "vendor=1";

        ReceivedFrame frame = await PushAsync(Queue.PushAsync("x", new() { Headers = [new("a", "1")] }));
        Assert.Equal(
            [new("traceparent", activity.Id!), new("tracestate", "vendor=1"), new("a", "1")], new NexoHeaders(frame.HeaderBlock));

        // A trace that is given is the one.
        frame = await PushAsync(Queue.PushAsync("x", new() { Headers = [new("traceparent", "mine")] }));
        Assert.Equal([new("traceparent", "mine")], new NexoHeaders(frame.HeaderBlock));

        Task<IReadOnlyList<QueuePushItem>> pushing = Queue.PushBatchAsync(["x"], new() { Headers = [new("a", "1")] }).AsTask();
        frame = await Peer.ReadAsync(Opcode.QueuePushBatch);
        Assert.True(QueuePushBatchRequest.TryRead(frame.Body, out QueuePushBatchRequest batch));
        Assert.True(batch.TryTake(out PushedMessage message));
        var headers = new NexoHeaders(message.Headers.ToArray());
        Assert.Equal([new("a", "1"), new("traceparent", activity.Id!), new("tracestate", "vendor=1")], headers);
        await Peer.ReplyAsync(frame, buffer =>
        {
            QueuePushBatchReply.WriteStart(buffer, 1);
            QueuePushBatchReply.WriteItem(buffer, ErrorCode.None, new QueuePushReply(PushOutcome.Accepted, 1));
        });
        await pushing.WaitAsync(Patience.Limit);

        var given = new Given(1) { Headers = [new("traceparent", activity.Id!), new("tracestate", "vendor=1")] };
        (IAsyncEnumerator<QueueDelivery<string>> messages, _) = await ConsumeAsync(first: [given, new Given(2)]);
        Assert.Equal(
            (activity.TraceId, activity.SpanId, "vendor=1", true),
            (messages.Current.TraceContext.TraceId, messages.Current.TraceContext.SpanId,
                messages.Current.TraceContext.TraceState, messages.Current.TraceContext.IsRemote));
        Assert.Equal(default, (await NextAsync(messages)).TraceContext);
    }

    private async Task<ReceivedFrame> PushAsync(ValueTask<QueuePushResult> call)
    {
        Task<QueuePushResult> pushing = call.AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueuePush);
        await Peer.ReplyAsync(frame, buffer => new QueuePushReply(PushOutcome.Accepted, 8).Write(buffer));
        Assert.Equal(new QueuePushResult(PushOutcome.Accepted, 8), await pushing.WaitAsync(Patience.Limit));
        return frame;
    }
}
