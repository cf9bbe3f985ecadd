using System.Text;
using Nexo.Engine.Queues;

namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>What a consumer was given, copied.</summary>
internal sealed record Delivered(ModelConsumer Consumer, bool ByPull, ulong Id, ulong Lease, uint Attempt)
{
    public int Priority { get; init; }

    public long EnqueuedAtMs { get; init; }

    public long LeaseEndsAtMs { get; init; }

    public required string Group { get; init; }

    public required string Headers { get; init; }

    public required string Body { get; init; }

    public static Delivered Of(ModelConsumer consumer, bool byPull, in QueueDelivery delivery) =>
        new(consumer, byPull, delivery.MessageId, delivery.Lease, delivery.Attempt)
        {
            Priority = delivery.Priority,
            EnqueuedAtMs = delivery.EnqueuedAtMs,
            LeaseEndsAtMs = delivery.LeaseEndsAtMs,
            Group = Encoding.Latin1.GetString(delivery.Group),
            Headers = Encoding.Latin1.GetString(delivery.Headers),
            Body = Encoding.Latin1.GetString(delivery.Body),
        };
}

/// <summary>A sink that notes what comes, of all consumers together in the order in which it comes.</summary>
internal sealed class SinkDouble(List<Delivered> all) : IQueueSink
{
    public ModelConsumer? Consumer { get; set; }

    public int Unflushed { get; private set; }

    public List<QueueStatus> Ends { get; } = [];

    public bool IsCongested => Consumer!.IsCongested;

    public void Deliver(in QueueDelivery delivery)
    {
        Unflushed++;
        all.Add(Delivered.Of(Consumer!, byPull: false, delivery));
    }

    public void Flush() => Unflushed = 0;

    public void OnEnd(QueueStatus why) => Ends.Add(why);
}

/// <summary>Takes the messages of a pull until it has as many as it has room for.</summary>
internal readonly struct PulledList(List<Delivered> all, ModelConsumer consumer, int room) : IQueueDeliveries
{
    private readonly int _before = all.Count;

    public bool Add(in QueueDelivery delivery)
    {
        if (all.Count - _before >= room)
        {
            return false;
        }

        all.Add(Delivered.Of(consumer, byPull: true, delivery));
        return true;
    }
}

internal struct LeaseArray(IReadOnlyList<(ulong Id, ulong Lease)> leases) : IQueueLeaseSource
{
    private int _next;

    public bool TryTake(out ulong messageId, out ulong lease)
    {
        (messageId, lease) = _next < leases.Count ? leases[_next] : default;
        return _next++ < leases.Count;
    }
}

internal readonly struct SettleList() : IQueueSettleSink
{
    public List<(QueueStatus Status, long LeaseEndsAtMs)> Items { get; } = [];

    public void Add(QueueStatus status, long leaseEndsAtMs) => Items.Add((status, leaseEndsAtMs));
}

internal struct ModelPushArray(IReadOnlyList<ModelPush> pushes) : IQueueMessageSource
{
    private int _next;

    public bool TryTake(out QueueMessage message)
    {
        bool more = _next < pushes.Count;
        message = more ? pushes[_next].ToMessage() : default;
        _next++;
        return more;
    }
}

internal readonly struct ModelPushList() : IQueuePushSink
{
    public List<(QueueStatus Status, QueuePushResult Result)> Items { get; } = [];

    public void Add(QueueStatus status, in QueuePushResult result) => Items.Add((status, result));
}

/// <summary>A message as a page of a queue shows it, copied.</summary>
internal sealed record Kept(ulong Id, string Body, uint Attempts, int Priority, QueueDeadCause Cause)
{
    public required string Group { get; init; }

    public required string Headers { get; init; }

    public required string Source { get; init; }

    public required string Reason { get; init; }

    public long EnqueuedAtMs { get; init; }

    public uint Failures { get; init; }

    public long VisibleAtMs { get; init; }

    public long ExpiresAtMs { get; init; }

    public long DiedAtMs { get; init; }
}

/// <summary>Takes a page of messages that has room for so many.</summary>
internal readonly struct KeptList(int room) : IQueueKeptSink
{
    public List<Kept> Items { get; } = [];

    public bool Add(in QueueKept message)
    {
        if (Items.Count >= room)
        {
            return false;
        }

        Items.Add(new Kept(message.MessageId, Text(message.Body), message.Attempts, message.Priority, message.Cause)
        {
            Group = Text(message.Group),
            Headers = Text(message.Headers),
            Source = Text(message.Source),
            Reason = Text(message.Reason),
            EnqueuedAtMs = message.EnqueuedAtMs,
            Failures = message.Failures,
            VisibleAtMs = message.VisibleAtMs,
            ExpiresAtMs = message.ExpiresAtMs,
            DiedAtMs = message.DiedAtMs,
        });
        return true;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
