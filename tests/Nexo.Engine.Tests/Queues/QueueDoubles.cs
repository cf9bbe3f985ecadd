using System.Text;
using Nexo.Engine.Queues;

namespace Nexo.Engine.Tests.Queues;

/// <summary>A message as it was delivered.</summary>
internal sealed record Delivered(
    ulong Id, ulong Lease, string Body, uint Attempt, int Priority, string Group, string Headers, long EnqueuedAtMs, long LeaseEndsAtMs)
{
    public static Delivered Of(in QueueDelivery delivery) => new(
        delivery.MessageId,
        delivery.Lease,
        Encoding.Latin1.GetString(delivery.Body),
        delivery.Attempt,
        delivery.Priority,
        Encoding.Latin1.GetString(delivery.Group),
        Encoding.Latin1.GetString(delivery.Headers),
        delivery.EnqueuedAtMs,
        delivery.LeaseEndsAtMs);
}

/// <summary>Keeps what a consumer gets.</summary>
internal sealed class ConsumerDouble : IQueueSink
{
    public List<Delivered> All { get; } = [];

    public bool IsCongested { get; set; }

    public int Flushes { get; private set; }

    /// <summary>The most that came between two flushes.</summary>
    public int MostAtOnce { get; private set; }

    public QueueStatus? Ended { get; private set; }

    public Action? OnFlush { get; set; }

    private int AtOnce { get; set; }

    public IEnumerable<string> Bodies => All.Select(message => message.Body);

    public void Deliver(in QueueDelivery delivery)
    {
        lock (All)
        {
            All.Add(Delivered.Of(delivery));
        }

        AtOnce++;
        MostAtOnce = Math.Max(MostAtOnce, AtOnce);
    }

    public void Flush()
    {
        Flushes++;
        AtOnce = 0;
        OnFlush?.Invoke();
    }

    public void OnEnd(QueueStatus why) => Ended = why;
}

/// <summary>Keeps what a pull gets, as much as there is room for.</summary>
internal readonly struct PulledList(int room) : IQueueDeliveries
{
    public PulledList()
        : this(int.MaxValue)
    {
    }

    public List<Delivered> All { get; } = [];

    public bool Add(in QueueDelivery delivery)
    {
        if (All.Count == room)
        {
            return false;
        }

        All.Add(Delivered.Of(delivery));
        return true;
    }
}

internal struct LeaseArray(params (ulong Id, ulong Lease)[] leases) : IQueueLeaseSource
{
    private int _next;

    public bool TryTake(out ulong messageId, out ulong lease)
    {
        bool more = _next < leases.Length;
        (messageId, lease) = more ? leases[_next] : default;
        _next++;
        return more;
    }
}

internal readonly struct SettleList() : IQueueSettleSink
{
    public List<(QueueStatus Status, long LeaseEndsAtMs)> All { get; } = [];

    public void Add(QueueStatus status, long leaseEndsAtMs) => All.Add((status, leaseEndsAtMs));
}

/// <summary>A message to push, in a form that can be kept.</summary>
internal sealed record Pushing(string Body)
{
    public int Priority { get; init; }

    public long? DelayMs { get; init; }

    public long? DueAtMs { get; init; }

    public long? TtlMs { get; init; }

    public string Dedup { get; init; } = "";

    public string Group { get; init; } = "";

    public string Headers { get; init; } = "";

    public static implicit operator Pushing(string body) => new(body);

    public QueueMessage Message() => new()
    {
        Priority = Priority,
        DelayMs = DelayMs,
        DueAtMs = DueAtMs,
        TtlMs = TtlMs,
        DedupId = Encoding.Latin1.GetBytes(Dedup),
        Group = Encoding.Latin1.GetBytes(Group),
        Headers = Encoding.Latin1.GetBytes(Headers),
        Body = Encoding.Latin1.GetBytes(Body),
    };
}

internal struct PushArray(params Pushing[] messages) : IQueueMessageSource
{
    private int _next;

    public bool TryTake(out QueueMessage message)
    {
        bool more = _next < messages.Length;
        message = more ? messages[_next].Message() : default;
        _next++;
        return more;
    }
}

internal readonly struct PushedList() : IQueuePushSink
{
    public List<(QueueStatus Status, QueuePushOutcome Outcome, ulong Id)> All { get; } = [];

    public void Add(QueueStatus status, in QueuePushResult result) => All.Add((status, result.Outcome, result.MessageId));
}

/// <summary>A message as it was looked at.</summary>
internal sealed record Kept(
    ulong Id, string Body, uint Attempts, uint Failures, QueueDeadCause Cause, string Source, string Reason, string Group, string Headers)
{
    public int Priority { get; init; }

    public long EnqueuedAtMs { get; init; }

    public long VisibleAtMs { get; init; }

    public long ExpiresAtMs { get; init; }

    public long DiedAtMs { get; init; }
}

internal readonly struct KeptList(int room) : IQueueKeptSink
{
    public KeptList()
        : this(int.MaxValue)
    {
    }

    public List<Kept> All { get; } = [];

    public bool Add(in QueueKept message)
    {
        if (All.Count == room)
        {
            return false;
        }

        All.Add(new Kept(
            message.MessageId,
            Encoding.Latin1.GetString(message.Body),
            message.Attempts,
            message.Failures,
            message.Cause,
            Encoding.Latin1.GetString(message.Source),
            Encoding.Latin1.GetString(message.Reason),
            Encoding.Latin1.GetString(message.Group),
            Encoding.Latin1.GetString(message.Headers))
        {
            Priority = message.Priority,
            EnqueuedAtMs = message.EnqueuedAtMs,
            VisibleAtMs = message.VisibleAtMs,
            ExpiresAtMs = message.ExpiresAtMs,
            DiedAtMs = message.DiedAtMs,
        });
        return true;
    }
}
