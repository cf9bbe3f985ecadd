namespace Nexo.Engine.Queues;

/// <summary>What was decided about a message of a push.</summary>
internal struct PushPlan
{
    public QueueStatus Status;
    public QueuePushOutcome Outcome;

    /// <summary>Where it will be: ready, delayed or dead.</summary>
    public MessageState State;
    public ulong Id;

    /// <summary>Its slot; 0: it was refused, or is a duplicate.</summary>
    public uint Reference;
    public bool HasDedup;
    public UInt128 Dedup;

    /// <summary>It goes to the backlog of its priority.</summary>
    public bool IsBacklogged;
}

/// <summary>What the plans of a push add up to, before any of them is applied.</summary>
internal struct PushSums
{
    public int Messages;

    /// <summary>Of these, those that count for the queue's limits.</summary>
    public int Live;
    public long LiveBytes;

    /// <summary>Bytes of their items in the record.</summary>
    public long RecordBytes;
}

/// <summary>What was found out about a message before the queue was looked at.</summary>
internal ref struct PushCheck
{
    /// <summary>From now, ms.</summary>
    public long DelayMs { get; set; }

    public bool HasDedup { get; set; }

    public UInt128 Dedup { get; set; }
}
