using System.Globalization;
using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Topics;

/// <summary>
/// Publishes without pause on one connection, pipelined, alone, in batches and as notices: values that are kept, with and without a
/// life, their removal, and messages that bindings give to queues; and makes and deletes bindings of its own.
/// </summary>
internal sealed class TopicLoad(TopicLane lane, TopicLedger ledger, bool logMayFail, Random random)
{
    private const int DepthMax = 24;
    private const int KeptTopics = 12;
    private const int FleetingTopics = 4;
    private const int BoundTopics = 6;
    private const int OwnBindings = 3;
    private const int BatchItemsMax = 8;
    private const long LongLifeMs = 600_000;

    private readonly Queue<Request> _inFlight = new();
    private readonly FleetingTopic[] _fleeting =
        [.. Enumerable.Range(0, FleetingTopics).Select(i => new FleetingTopic($"{lane.Prefix}/fleeting/{i}"))];

    // As they are if everything that was sent has been done.
    private readonly string?[] _bindings = new string?[OwnBindings];

    public TopicLane Lane => lane;

    private bool HasLogFailed => logMayFail && ledger.Unknown > 0;

    public IReadOnlyList<FleetingTopic> Fleeting => _fleeting;

    /// <summary>The lane's bindings are these, after a crash.</summary>
    public void Found(Dictionary<string, string> slots)
    {
        for (int i = 0; i < OwnBindings; i++)
        {
            _bindings[i] = slots.GetValueOrDefault(TopicSlots.Binding(BindingName(i)));
        }
    }

    /// <summary>Runs until it is told to stop, and then waits for the answers that are due; or until the server is gone.</summary>
    public async Task RunAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        _inFlight.Clear();
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            while (!stop.IsCancellationRequested)
            {
                for (int i = random.Next(1, DepthMax - _inFlight.Count + 1); i > 0; i--)
                {
                    SendOne(connection);
                }

                await connection.FlushAsync(cancel);
                await ReadUntilAsync(connection, random.Next(DepthMax / 2), cancel);
            }

            await ReadUntilAsync(connection, 0, cancel);
        }
        catch (WireEndedException)
        {
            // What was in flight has no answer.
        }
    }

    private void SendOne(WireConnection connection)
    {
        switch (random.Next(20))
        {
            case 0:
                ChangeBinding(connection);
                break;
            case < 3:
                List<Item> items = [];
                for (int i = random.Next(2, BatchItemsMax); i > 0; i--)
                {
                    items.Add(NextItem());
                }

                Send(
                    connection,
                    Opcode.TopicPublishBatch,
                    body =>
                    {
                        TopicPublishBatchRequest.WriteStart(body, (uint)items.Count);
                        items.ForEach(item => item.ToWire().WriteItem(body));
                    },
                    items);
                break;
            default:
                Item one = NextItem();
                Send(connection, Opcode.TopicPublish, body => new TopicPublishRequest { Message = one.ToWire() }.Write(body), [one]);
                break;
        }
    }

    private void Send(WireConnection connection, Opcode opcode, Action<FrameBuffer> body, List<Item> items)
    {
        if (random.Next(8) == 0 && items.TrueForAll(item => item.Fleeting is null))
        {
            // It has no answer; what is confirmed later confirms it too.
            connection.WriteNotice(opcode, body);
            return;
        }

        uint correlation = connection.Write(opcode, Durability.ServerDefault, body);
        _inFlight.Enqueue(new Request(correlation, opcode, items, lane.End));
    }

    private void ChangeBinding(WireConnection connection)
    {
        int index = random.Next(OwnBindings);
        string name = BindingName(index);
        string slot = TopicSlots.Binding(name);
        Opcode opcode = Opcode.BindingDelete;
        Action<FrameBuffer> body = buffer => buffer.Write(Encoding.UTF8.GetBytes(name));
        string? binding = null;
        if (_bindings[index] is null)
        {
            string target = $"nobody{random.Next(100)}";
            string filter = $"{lane.Prefix}/none/+";
            opcode = Opcode.BindingSet;
            body = buffer => TopicSlots.WriteBinding(buffer, name, filter, target, keyByTopic: false);
            binding = TopicSlots.Describe(filter, target);
        }

        _bindings[index] = binding;
        lane.Send(new TopicStep(slot, binding));
        uint correlation = connection.Write(opcode, Durability.ServerDefault, body);
        _inFlight.Enqueue(new Request(correlation, opcode, [], lane.End));
    }

    private Item NextItem()
    {
        ulong number = ledger.NextNumber();
        int size = random.Next(100) == 0 ? random.Next(Payload.BytesMin, 6_000) : random.Next(Payload.BytesMin, 200);
        byte[] body = Payload.Chunk(number, size);
        string value = Payload.Describe(body);
        switch (random.Next(10))
        {
            case < 3 when !ledger.AreQueuesFull:
                string bound = $"{TopicSlots.BoundPrefix}{lane.Prefix}/{random.Next(BoundTopics)}";
                bool isKept = random.Next(4) == 0;
                ledger.Pushing(number, lane.Number);
                if (isKept)
                {
                    lane.Send(new TopicStep(TopicSlots.Retained(bound), value));
                }

                foreach (string queue in TopicSlots.Queues)
                {
                    lane.Send(new TopicStep(TopicSlots.Queued(queue, number), value));
                }

                return new Item(bound, body, isKept) { Bindings = TopicSlots.Queues.Count };
            case < 5:
                FleetingTopic fleeting = _fleeting[random.Next(FleetingTopics)];
                long ttlMs = random.Next(2) == 0 ? LongLifeMs : random.Next(200, 2_000);
                return new Item(fleeting.Topic, body, IsKept: true)
                {
                    TtlMs = ttlMs,
                    Fleeting = fleeting,
                    Sent = fleeting.Send(value, ttlMs),
                };
            default:
                string topic = string.Create(CultureInfo.InvariantCulture, $"{lane.Prefix}/kept/{random.Next(KeptTopics)}");
                bool clears = random.Next(5) == 0;
                lane.Send(new TopicStep(TopicSlots.Retained(topic), clears ? null : value));
                return new Item(topic, clears ? [] : body, IsKept: true);
        }
    }

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

        if (connection.Reports > 0 && !logMayFail)
        {
            ledger.Wrong(lane.Prefix, "a report that a notice has failed");
        }
    }

    private void Take(Frame frame, Request request)
    {
        bool isConfirmed = request.Opcode switch
        {
            _ when frame.Kind == FrameKind.Error => IsConfirmed(frame.Error, request.Opcode, frame.ErrorText),
            Opcode.TopicPublish => TakeReply(frame, request.Items[0]),
            Opcode.TopicPublishBatch => TakeBatch(frame, request),
            _ => TakeBinding(frame, request),
        };
        if (isConfirmed)
        {
            lane.Confirm(request.End);
            ledger.Confirmed(Math.Max(1, request.Items.Count));
            foreach (Item item in request.Items.Where(item => item.Fleeting is not null))
            {
                item.Fleeting!.Confirm(item.Sent!, item.TtlMs);
            }
        }
    }

    private bool TakeReply(Frame frame, Item item)
    {
        bool read = TopicPublishReply.TryRead(frame.Body, out TopicPublishReply reply);
        return IsConfirmed(read ? ErrorCode.None : ErrorCode.Malformed, Opcode.TopicPublish, "unreadable") && IsRight(reply, item);
    }

    private bool TakeBatch(Frame frame, Request request)
    {
        bool all = TopicPublishBatchReply.TryRead(frame.Body, out TopicPublishBatchReply batch) && batch.Count == request.Items.Count;
        foreach (Item item in request.Items)
        {
            bool read = batch.TryTake(out ErrorCode error, out TopicPublishReply reply);
            all &= IsConfirmed(read ? error : ErrorCode.Malformed, request.Opcode, $"an item: {error}") && IsRight(reply, item);
        }

        return all;
    }

    // The lane alone writes to its bindings, so it knows whether there is one.
    private bool TakeBinding(Frame frame, Request request)
    {
        bool isRight = request.Opcode == Opcode.BindingSet
            ? BindingSetReply.TryRead(frame.Body, out BindingSetReply set) && set.Created
            : CountReply.TryRead(frame.Body, out CountReply removed) && removed.Count == 1;
        if (!isRight && !HasLogFailed)
        {
            ledger.Wrong(lane.Prefix, $"{request.Opcode} found another binding than the lane's last answer left");
        }

        return isRight;
    }

    private bool IsRight(TopicPublishReply reply, Item item)
    {
        if (reply.Bindings != item.Bindings)
        {
            ledger.Wrong(item.Topic, $"{reply.Bindings} bindings have taken it, not {item.Bindings}");
        }

        return reply.Bindings == item.Bindings;
    }

    private bool IsConfirmed(ErrorCode error, Opcode opcode, string text)
    {
        if (error == ErrorCode.None)
        {
            return true;
        }

        // When the log has failed the queues of bindings refuse too, and bindings are not as the lane takes them to be.
        if (error == ErrorCode.StorageFailed || (logMayFail && error is ErrorCode.BindingRefused) || HasLogFailed)
        {
            ledger.LogFailed();
        }
        else
        {
            ledger.Wrong(lane.Prefix, $"{opcode} was answered with {text}");
        }

        return false;
    }

    private string BindingName(int index) => $"{lane.Prefix}-{index}";

    private sealed record Item(string Topic, byte[] Body, bool IsKept)
    {
        public long TtlMs { get; init; }

        public FleetingTopic? Fleeting { get; init; }

        public FleetingValue? Sent { get; init; }

        public int Bindings { get; init; }

        public TopicPublication ToWire() => new()
        {
            Parts = TtlMs > 0 ? PublishParts.Ttl : PublishParts.None,
            Flags = IsKept ? PublishFlags.Retain : PublishFlags.None,
            Topic = Encoding.UTF8.GetBytes(Topic),
            TtlMs = TtlMs,
            Body = Body,
        };
    }

    private sealed record Request(uint Correlation, Opcode Opcode, List<Item> Items, int End);
}
