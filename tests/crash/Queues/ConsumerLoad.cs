using System.Text;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Queues;

/// <summary>
/// Consumes on one connection, by subscriptions with credits or by pulls, and settles as a bad lot of workers would: most
/// messages are acknowledged, some of them twice, some fail, some are kept until the lease is over, some leases are
/// forged, and now and then the connection is just cut.
/// </summary>
internal sealed class ConsumerLoad(QueueLedger ledger, IReadOnlyList<QueuePlan> queues, Random random, bool isGood)
{
    private const int PullMax = 20;

    private readonly Dictionary<uint, Request> _settling = [];
    private readonly Dictionary<uint, QueuePlan> _sources = [];
    private readonly List<TrackedDelivery> _held = [];

    /// <summary>Runs until it is told to stop, or the server is gone; a connection that it has cut is followed by another.</summary>
    public async Task RunAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await ConnectionAsync(port, stop, cancel);
            }
        }
        catch (WireEndedException)
        {
            // What was settled and has no answer stays so in the ledger.
        }
    }

    private async Task ConnectionAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        _settling.Clear();
        _sources.Clear();
        _held.Clear();
        using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
        foreach (QueuePlan queue in queues)
        {
            Subscribe(connection, queue);
        }

        await connection.FlushAsync(cancel);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancel);
        try
        {
            while (true)
            {
                // Not cancelled in the midst of a frame: what came with it is read or lost, as in a crash.
                Frame frame = await connection.ReadAnyAsync(either.Token);
                List<TrackedDelivery> delivered = Take(connection, frame);
                if (!isGood && random.Next(400) == 0)
                {
                    return;
                }

                if (!isGood && random.Next(60) == 0)
                {
                    await Task.Delay(random.Next(1, 30), either.Token);
                }

                Settle(connection, delivered);
                await connection.FlushAsync(cancel);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            // The answers that are under way do not come any more: the ledger knows them as open.
        }
    }

    private void Subscribe(WireConnection connection, QueuePlan queue)
    {
        byte[] name = Encoding.UTF8.GetBytes(queue.Name);
        ConsumeOptions options = queue.Once ? ConsumeOptions.SettledByDelivery : ConsumeOptions.None;
        if (!queue.Once && random.Next(3) == 0)
        {
            Pull(connection, queue);
            return;
        }

        // What is settled by its delivery gives no credit back.
        uint credits = queue.Once ? CreditNotice.CreditsMax : (uint)random.Next(1, isGood ? 200 : 60);
        options |= queue.Once ? ConsumeOptions.None : ConsumeOptions.SettlingGivesCredit;
        uint correlation = connection.Write(
            Opcode.QueueConsume,
            Durability.ServerDefault,
            body => new QueueConsumeRequest { Credits = credits, Options = options, Queue = name }.Write(body));
        _sources.Add(correlation, queue);
    }

    private void Pull(WireConnection connection, QueuePlan queue)
    {
        uint correlation = connection.Write(
            Opcode.QueuePull,
            Durability.ServerDefault,
            body => new QueuePullRequest
            {
                WaitMs = (uint)random.Next(200),
                MessagesMax = (uint)random.Next(1, PullMax),
                Queue = Encoding.UTF8.GetBytes(queue.Name),
            }.Write(body));
        _sources.Add(correlation, queue);
    }

    private List<TrackedDelivery> Take(WireConnection connection, Frame frame)
    {
        if (_settling.Remove(frame.Correlation, out Request? request))
        {
            TakeAnswer(frame, request);
            return [];
        }

        if (!_sources.TryGetValue(frame.Correlation, out QueuePlan? queue))
        {
            return [];
        }

        if (frame.Kind is FrameKind.Error or FrameKind.End)
        {
            throw new WireEndedException($"{frame.Opcode} of {queue.Name}: {frame.ErrorText}");
        }

        if (frame.Kind == FrameKind.Reply && frame.Opcode == Opcode.QueuePull)
        {
            _sources.Remove(frame.Correlation);
            Pull(connection, queue);
        }
        else if (frame.Kind != FrameKind.Push)
        {
            return [];
        }

        List<TrackedDelivery> delivered = [];
        if (!DeliveryList.TryRead(frame.Body, out DeliveryList list))
        {
            throw new WireEndedException("deliveries that cannot be read");
        }

        while (list.TryTake(out DeliveredMessage delivery))
        {
            if (ledger.Delivered(queue, delivery) is { } tracked && !queue.Once)
            {
                delivered.Add(tracked);
            }
        }

        return delivered;
    }

    private void Settle(WireConnection connection, List<TrackedDelivery> delivered)
    {
        if (_held.Count > 0 && random.Next(20) == 0)
        {
            delivered.Add(_held[^1]);
            _held.RemoveAt(_held.Count - 1);
        }

        foreach (IGrouping<(string Queue, Settlement Settlement), TrackedDelivery> same in
            delivered.GroupBy(delivery => (delivery.Message.Queue.Name, Choose(delivery))))
        {
            Settlement settlement = same.Key.Settlement;
            List<TrackedDelivery> items = [.. same];
            if (settlement == Settlement.Extend)
            {
                // Kept for a while, and some to the end of the lease.
                _held.AddRange(items);
            }

            Write(connection, same.Key.Queue, settlement, items);
            if (settlement == Settlement.Forged)
            {
                Write(connection, same.Key.Queue, Settlement.Ack, items);
            }
            else if (!isGood && settlement != Settlement.Extend && random.Next(15) == 0)
            {
                Write(connection, same.Key.Queue, Settlement.Ack, items);
            }
        }
    }

    private Settlement Choose(TrackedDelivery delivery) => (isGood ? 0 : random.Next(100)) switch
    {
        < 72 => Settlement.Ack,
        < 80 => Settlement.NackNow,
        < 86 => Settlement.NackBackoff,
        < 89 => Settlement.DeadLetter,
        < 93 => Settlement.GiveBack,
        < 97 => Settlement.Extend,
        _ => delivery.IsSettled ? Settlement.Ack : Settlement.Forged,
    };

    private void Write(WireConnection connection, string queue, Settlement settlement, List<TrackedDelivery> items)
    {
        long stamp = ledger.Stamp();
        List<(TrackedDelivery Delivery, bool IsFirst)> sent = [];
        foreach (TrackedDelivery delivery in items)
        {
            sent.Add((delivery, !delivery.IsSettled));
            delivery.IsSettled |= settlement is not (Settlement.Forged or Settlement.Extend);
            ledger.Settling(delivery, settlement);
        }

        uint correlation = connection.Write(
            SettlementFrames.OpcodeOf(settlement),
            Durability.ServerDefault,
            body => SettlementFrames.Write(body, queue, settlement, items, random));
        _settling.Add(correlation, new Request(settlement, sent, stamp));
    }

    private void TakeAnswer(Frame frame, Request request)
    {
        IReadOnlyList<ErrorCode> codes = SettlementFrames.Read(frame, request.Settlement, request.Items.Count);
        for (int i = 0; i < codes.Count; i++)
        {
            (TrackedDelivery delivery, bool isFirst) = request.Items[i];
            ledger.Settled(delivery, request.Settlement, isFirst, codes[i], request.Stamp);
        }
    }

    private sealed record Request(
        Settlement Settlement, List<(TrackedDelivery Delivery, bool IsFirst)> Items, long Stamp);
}
