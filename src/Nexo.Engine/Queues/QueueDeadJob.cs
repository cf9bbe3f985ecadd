namespace Nexo.Engine.Queues;

/// <summary>Goes over the dead letters of a queue in bounded slices. For one thread at a time.</summary>
public sealed class QueueDeadJob
{
    internal QueueDeadJob()
    {
    }

    /// <summary>Counted, moved or deleted so far.</summary>
    public long Done => throw new NotImplementedException();

    /// <summary>Why it ended early: the disk is full, a target is full, paused or not there; else Ok.</summary>
    public QueueStatus Status => throw new NotImplementedException();

    /// <summary>True when the answer must wait until the log is durable.</summary>
    public bool Waits => throw new NotImplementedException();

    /// <summary>Does a slice of at most so many messages; false when it was the last. Run <paramref name="work"/> afterwards.</summary>
    public bool MoveNext(int messagesMax, QueueWork work) => throw new NotImplementedException();
}
