using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Queues;

/// <summary>
/// Pushes without pause on one connection, pipelined, alone and in batches, some of them twice under a dedup id. Its
/// groups are its own, so their order is the order in which it pushes.
/// </summary>
internal sealed class PublisherLoad(int number, QueueLedger ledger, IReadOnlyList<QueuePlan> queues, Random random)
{
    private const int DepthMax = 24;
    private const int RepeatableMax = 200;

    /// <summary>A dedup id is remembered for five minutes.</summary>
    private const long RepeatMs = 200_000;

    private readonly Queue<Request> _inFlight = new();
    private readonly List<(TrackedMessage Message, long SentAt)> _repeatable = [];

    // Numbers of all publishers and runs differ.
    private ulong _next = (ulong)random.NextInt64() << 20;

    /// <summary>Runs until it is told to stop, and then waits for the answers that are due; or until the server is gone.</summary>
    public async Task RunAsync(int port, int aliveMax, CancellationToken stop, CancellationToken cancel)
    {
        _inFlight.Clear();
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            while (!stop.IsCancellationRequested)
            {
                if (ledger.Alive > aliveMax)
                {
                    // The consumers are behind: there is enough for a crash to hit.
                    await Task.Delay(2, cancel);
                    continue;
                }

                await SendSomeAsync(connection, cancel);
                await ReadUntilAsync(connection, random.Next(DepthMax / 2), cancel);
            }

            await ReadUntilAsync(connection, 0, cancel);
        }
        catch (WireEndedException)
        {
            // What was in flight has no answer.
        }
    }

    private async Task SendSomeAsync(WireConnection connection, CancellationToken cancel)
    {
        for (int i = random.Next(1, DepthMax - _inFlight.Count + 1); i > 0; i--)
        {
            QueuePlan queue = queues[random.Next(queues.Count)];
            int count = random.Next(6) == 0 ? random.Next(2, 12) : 1;
            List<Item> items = [];
            for (int item = 0; item < count; item++)
            {
                items.Add(NextItem(queue));
            }

            Write(connection, queue, items, isBatch: count > 1);
        }

        await connection.FlushAsync(cancel);
    }

    private Item NextItem(QueuePlan queue)
    {
        _repeatable.RemoveAll(old => old.SentAt < TimeWindow.Now - RepeatMs);
        if (random.Next(12) == 0
            && _repeatable.FindAll(old => old.Message.Queue == queue) is { Count: > 0 } old)
        {
            TrackedMessage again = old[random.Next(old.Count)].Message;
            if (ledger.TryRepeat(again))
            {
                return new Item(again, IsRepeat: true);
            }
        }

        bool hasDedup = random.Next(4) == 0;
        int size = random.Next(100) == 0 ? random.Next(Payload.BytesMin, 6_000) : random.Next(Payload.BytesMin, 200);
        var message = new TrackedMessage(++_next, queue, size)
        {
            Group = queue.Groups > 0 ? $"P{number}-{random.Next(queue.Groups)}" : "",
            Priority = (byte)random.Next(queue.Priorities),
            DedupId = hasDedup ? $"{number}-{_next:x}" : "",
        };
        ledger.Pushing(message);
        if (hasDedup)
        {
            _repeatable.Add((message, TimeWindow.Now));
            if (_repeatable.Count > RepeatableMax)
            {
                _repeatable.RemoveAt(random.Next(RepeatableMax));
            }
        }

        return new Item(message, IsRepeat: false);
    }

    private void Write(WireConnection connection, QueuePlan queue, List<Item> items, bool isBatch)
    {
        long stamp = ledger.Stamp();
        byte[] name = Encoding.UTF8.GetBytes(queue.Name);
        uint correlation = connection.Write(
            isBatch ? Opcode.QueuePushBatch : Opcode.QueuePush,
            Durability.ServerDefault,
            body =>
            {
                if (isBatch)
                {
                    QueuePushBatchRequest.WriteStart(body, allOrNone: false, name, (uint)items.Count);
                    items.ForEach(item => Pushed(item.Message).WriteItem(body));
                }
                else
                {
                    new QueuePushRequest { Queue = name, Message = Pushed(items[0].Message) }.Write(body);
                }
            });
        _inFlight.Enqueue(new Request(correlation, items, isBatch, stamp));
    }

    private static PushedMessage Pushed(TrackedMessage message) => new()
    {
        Parts = (message.Group.Length > 0 ? PushParts.Group : PushParts.None)
            | (message.DedupId.Length > 0 ? PushParts.DedupId : PushParts.None),
        Priority = message.Priority,
        Group = Encoding.UTF8.GetBytes(message.Group),
        DedupId = Encoding.UTF8.GetBytes(message.DedupId),
        Body = message.Body(),
    };

    private async Task ReadUntilAsync(WireConnection connection, int inFlight, CancellationToken cancel)
    {
        while (_inFlight.Count > inFlight)
        {
            Frame frame = await connection.ReadAsync(cancel);
            Request request = _inFlight.Dequeue();
            if (frame.Correlation != request.Correlation)
            {
                throw new InvalidOperationException($"the answer to {frame.Correlation}, not to {request.Correlation}");
            }

            Take(frame, request);
        }
    }

    private void Take(Frame frame, Request request)
    {
        if (frame.Kind == FrameKind.Error)
        {
            request.Items.ForEach(item => Answer(item, frame.Error, default, request.Stamp));
        }
        else if (!request.IsBatch)
        {
            bool read = QueuePushReply.TryRead(frame.Body, out QueuePushReply reply);
            Answer(request.Items[0], read ? ErrorCode.None : ErrorCode.Malformed, reply, request.Stamp);
        }
        else
        {
            _ = QueuePushBatchReply.TryRead(frame.Body, out QueuePushBatchReply batch);
            foreach (Item item in request.Items)
            {
                bool read = batch.TryTake(out ErrorCode error, out QueuePushReply reply);
                Answer(item, read ? error : ErrorCode.Malformed, reply, request.Stamp);
            }
        }
    }

    private void Answer(Item item, ErrorCode error, QueuePushReply reply, long stamp) =>
        ledger.Pushed(item.Message, item.IsRepeat, error, reply, stamp);

    private readonly record struct Item(TrackedMessage Message, bool IsRepeat);

    private sealed record Request(uint Correlation, List<Item> Items, bool IsBatch, long Stamp);
}
