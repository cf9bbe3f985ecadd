using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>A message that is looked at where it lies, without being taken.</summary>
public class QueuedMessage<T>
{
    private readonly INexoSerializer _serializer;

    internal QueuedMessage(in KeptMessage kept, INexoSerializer serializer)
    {
        _serializer = serializer;
        MessageId = kept.MessageId;
        EnqueuedAt = WireTimes.Moment(kept.EnqueuedAt);
        Attempts = kept.Attempts;
        Failures = kept.Failures;
        Priority = kept.Priority;
        Group = kept.Group.IsEmpty ? NexoKey.Empty : kept.Group.ToArray();
        VisibleAt = WireTimes.MomentIf((kept.Parts & KeptParts.VisibleAt) != 0, kept.VisibleAt);
        ExpiresAt = WireTimes.MomentIf((kept.Parts & KeptParts.ExpiresAt) != 0, kept.ExpiresAt);
        Headers = new NexoHeaders(kept.Headers.ToArray());
        RawBody = kept.Body.ToArray();
    }

    /// <summary>Its id in its queue.</summary>
    public ulong MessageId { get; }

    /// <summary>When it was first pushed, by the server's clock.</summary>
    public DateTimeOffset EnqueuedAt { get; }

    /// <summary>Deliveries that were made.</summary>
    public long Attempts { get; }

    /// <summary>Those of them that failed: they count against the queue's limit.</summary>
    public long Failures { get; }

    /// <summary>The higher goes first.</summary>
    public int Priority { get; }

    /// <summary>Its group; empty: none.</summary>
    public NexoKey Group { get; }

    /// <summary>Of a delayed message when it is due, of a leased one when its lease ends.</summary>
    public DateTimeOffset? VisibleAt { get; }

    /// <summary>When its life ends, if it does.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>Its headers.</summary>
    public NexoHeaders Headers { get; }

    /// <summary>The bytes of its body.</summary>
    public ReadOnlyMemory<byte> RawBody { get; }

    /// <summary>Its body, read anew each time.</summary>
    /// <exception cref="NexoException">The serializer cannot read it
    /// (<see cref="ClientErrorCode.ValueUnreadable"/>).</exception>
    public T Body => Values.ReadOwned<T>(_serializer, RawBody);
}

/// <summary>A message that could not be worked off, and rests with its queue until it is redriven or deleted.</summary>
public sealed class QueueDeadLetter<T> : QueuedMessage<T>
{
    internal QueueDeadLetter(in KeptMessage kept, INexoSerializer serializer)
        : base(kept, serializer)
    {
        DiedAt = WireTimes.Moment(kept.DiedAt);
        Cause = kept.Cause;
        Source = System.Text.Encoding.UTF8.GetString(kept.Source);
        Reason = System.Text.Encoding.UTF8.GetString(kept.Reason);
    }

    /// <summary>When it became one.</summary>
    public DateTimeOffset DiedAt { get; }

    /// <summary>Why it became one.</summary>
    public DeadCause Cause { get; }

    /// <summary>The queue in which it died.</summary>
    public string Source { get; }

    /// <summary>What its last failure gave as the reason, for people; may be empty.</summary>
    public string Reason { get; }
}
