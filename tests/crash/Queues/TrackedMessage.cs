using Nexo.Crash.Ledger;

namespace Nexo.Crash.Queues;

/// <summary>Where a message certainly is, as far as was answered.</summary>
internal enum Place
{
    /// <summary>Waiting, delayed or leased; or, when its push has no answer, perhaps nowhere.</summary>
    Alive,

    Dead,

    /// <summary>Settled for good.</summary>
    Gone,
}

/// <summary>One message of the ledger. Its number is in its body, so it is known wherever it is met.</summary>
internal sealed class TrackedMessage(ulong number, QueuePlan queue, int size)
{
    public ulong Number => number;

    public QueuePlan Queue => queue;

    public string Group { get; init; } = "";

    public byte Priority { get; init; }

    public string DedupId { get; init; } = "";

    public byte[] Body() => Payload.Chunk(number, size);

    /// <summary>In its queue; another one after a redrive. 0: not known.</summary>
    public ulong Id { get; set; }

    /// <summary>The one that its push was answered with, and that of duplicates is.</summary>
    public ulong FirstId { get; set; }

    /// <summary>Its push was acknowledged, and that was to be durable. Unix ms.</summary>
    public long? ConfirmedAt { get; set; }

    /// <summary>The ledger's moment at which it was first met; 0: never.</summary>
    public long MetAt { get; set; }

    /// <summary>It was answered, or is without an answer for ever.</summary>
    public bool PushIsOver { get; set; }

    /// <summary>A crash came before its push was durable: it may be pushed anew.</summary>
    public bool NeverWas { get; set; }

    public Place Place { get; set; }

    /// <summary>When <see cref="Place"/> was last acknowledged, Unix ms.</summary>
    public long PlaceAt { get; set; }

    /// <summary>Acknowledgements that were sent and not refused, without an answer.</summary>
    public int AcksOpen { get; set; }

    /// <summary>Wishes to make it a dead letter, likewise.</summary>
    public int RejectsOpen { get; set; }

    /// <summary>It was dead while a redrive was under way: it may be alive, under another id.</summary>
    public bool MayBeRedriven { get; set; }

    /// <summary>Failures that were acknowledged, and those that may have been counted.</summary>
    public int Failures { get; set; }

    public int FailuresMax { get; set; }

    /// <summary>Deliveries of this life in this run of the server.</summary>
    public HashSet<uint> Attempts { get; } = [];

    /// <summary>The last delivery that was met, and when by the ledger's moments.</summary>
    public (uint Attempt, long At) LastMet { get; set; }

    /// <summary>Deliveries that are certainly counted on disk.</summary>
    public uint AttemptsDurable { get; set; }

    /// <summary>The delivery whose acknowledgement was confirmed.</summary>
    public (int Run, uint Attempt) GoneBy { get; set; }

    public bool MayBeGone => AcksOpen > 0 || (queue.Once && MetAt > 0);

    public bool MayBeDead =>
        RejectsOpen > 0
        || (queue.DeliveriesMax > 0
            && (FailuresMax >= queue.DeliveriesMax || LastMet.Attempt >= queue.LossesMax / 2
                || (queue.LeasesEnd && LastMet.Attempt >= queue.DeliveriesMax)));

    /// <summary>It was acknowledged or met, and nothing can have ended it: in its group nothing younger may pass it.</summary>
    public bool IsCertain =>
        Place == Place.Alive && Id != 0 && (ConfirmedAt is not null || MetAt > 0) && !MayBeGone && !MayBeDead;

    /// <summary>A new message was made of it.</summary>
    public void BeginLife(ulong id)
    {
        Id = id;
        Place = Place.Alive;
        MayBeRedriven = false;
        (AcksOpen, RejectsOpen, Failures, FailuresMax, AttemptsDurable) = (0, 0, 0, 0, 0);
        Attempts.Clear();
        LastMet = default;
    }

    public override string ToString() =>
        $"{queue.Name}/{number:x} (id {Id}{(Group.Length > 0 ? $", group {Group}" : "")}, {Place}"
        + $"{(ConfirmedAt is null ? ", push unanswered" : "")}, acks open {AcksOpen}, rejects open {RejectsOpen}, "
        + $"failures {Failures}..{FailuresMax}, attempts {LastMet.Attempt}, of them durable {AttemptsDurable})";
}
