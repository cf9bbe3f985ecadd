namespace Nexo.Engine.Queues;

/// <summary>
/// Kinds of the records that the queues write. The numbers are on disk: they never change their meaning. Layouts are in
/// <c>docs/storage-format.md</c>.
/// </summary>
public enum QueueRecordKind : byte
{
    None = 0,

    /// <summary>A queue is there with these options.</summary>
    QueueDefined = 32,

    /// <summary>A queue is gone with all that was in it.</summary>
    QueueDeleted = 33,

    /// <summary>Messages came.</summary>
    MessagesPushed = 34,

    /// <summary>Messages are gone: settled, purged or deleted.</summary>
    MessagesRemoved = 35,

    /// <summary>Messages were delivered, for the how-manieth time.</summary>
    MessagesDelivered = 36,

    /// <summary>Messages were given back.</summary>
    MessagesReturned = 37,

    /// <summary>Messages became dead letters.</summary>
    MessagesDied = 38,

    /// <summary>A message moved from one queue to another.</summary>
    MessageMoved = 39,

    /// <summary>What waited in the backlog of a priority was purged.</summary>
    BacklogCleared = 40,

    /// <summary>A message as it stands; in snapshots only.</summary>
    MessageKept = 41,

    /// <summary>Dedup ids that are remembered; in snapshots only.</summary>
    DedupKept = 42,

    /// <summary>A backlog on disk; in snapshots only.</summary>
    BacklogKept = 43,

    /// <summary>Up to where numbers of queues were given out; in snapshots only.</summary>
    NumbersKept = 44,

    /// <summary>How far a backlog was taken out into memory.</summary>
    BacklogTaken = 45,
}
