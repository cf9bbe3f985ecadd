using Nexo.Engine.Queues;

namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>Where a message of the model is in its life.</summary>
internal enum ModelState
{
    Ready,
    Delayed,
    Leased,
    Dead,
}

/// <summary>A message of the model. Its body is like no other's, and so its identity over all queues.</summary>
internal sealed class ModelMessage
{
    /// <summary>0: it has been moved here, and its new id has not been seen yet.</summary>
    public ulong Id { get; set; }

    public required string Body { get; init; }

    public string Headers { get; init; } = "";

    public string Group { get; init; } = "";

    public int Priority { get; init; }

    /// <summary>Moments are the engine clock's.</summary>
    public long EnqueuedAt { get; init; }

    /// <summary>0: never.</summary>
    public long Expires { get; init; }

    public ModelState State { get; set; }

    /// <summary>Of a delayed message: not before. The backoff is random, so it may be later, but not after <see cref="DueMax"/>.</summary>
    public long Due { get; set; }

    public long DueMax { get; set; }

    /// <summary>It is delayed because it failed, and keeps its place among those of its group that are in flight.</summary>
    public bool IsHeld { get; set; }

    public uint Deliveries { get; set; }

    public int Failures { get; set; }

    public int Losses { get; set; }

    public ulong Lease { get; set; }

    public long LeaseEnds { get; set; }

    public ModelConsumer? Consumer { get; set; }

    /// <summary>Counts up with each delivery of the queues.</summary>
    public long DeliveredAt { get; set; }

    /// <summary>It has cost its consumer a credit.</summary>
    public bool TookCredit { get; set; }

    /// <summary>What the last failure that had one gave as its reason.</summary>
    public string Reason { get; set; } = "";

    public QueueDeadCause Cause { get; set; }

    public long DiedAt { get; set; }

    /// <summary>Of a dead letter: where it died.</summary>
    public string Source { get; set; } = "";

    /// <summary>When it can be delivered next, if not now; of a dead letter 0.</summary>
    public long VisibleAt => State switch
    {
        ModelState.Delayed => Due,
        ModelState.Leased => LeaseEnds,
        _ => 0,
    };

    public bool IsBusy => State == ModelState.Leased || IsHeld;

    public bool IsDead => State == ModelState.Dead;

    public long Bytes => Body.Length + Headers.Length + Group.Length;

    public ModelMessage Copy() => (ModelMessage)MemberwiseClone();

    public bool IsExpired(long now) => Expires != 0 && Expires <= now;

    public override string ToString() =>
        $"{Id} \"{Body}\" {State} p{Priority} g\"{Group}\" deliveries {Deliveries}, failures {Failures}, losses {Losses}, "
        + $"due {Due}..{DueMax}, expires {Expires}, lease {Lease:x} until {LeaseEnds}, {Cause}";
}
