namespace Nexo.Engine.Schedules;

/// <summary>What became of a run. The numbers are on disk: they never change their meaning.</summary>
public enum ScheduleOutcome : byte
{
    /// <summary>It has not run yet.</summary>
    None = 0,

    /// <summary>Its message was pushed.</summary>
    Pushed = 1,

    /// <summary>Its message had been pushed before, by a run that a crash interrupted: as good as pushed.</summary>
    Duplicate = 2,

    /// <summary>The queue is not there, and is not made by itself.</summary>
    QueueNotFound = 3,

    QueuePaused = 4,

    QueueFull = 5,

    /// <summary>The queue does not take such a message: it has not its priority, for example.</summary>
    MessageRefused = 6,

    DiskFull = 7,

    /// <summary>Anything else: the log has failed.</summary>
    Failed = 8,
}

/// <summary>A message that a schedule pushes; its bytes are borrowed for the call.</summary>
public readonly ref struct ScheduledPush
{
    /// <summary>The schedule's name.</summary>
    public ReadOnlySpan<byte> Schedule { get; init; }

    /// <summary>
    /// The moment for which it runs, Unix ms of the wall clock: as the expression says, not when it came to it.
    /// </summary>
    public long DueAtMs { get; init; }

    /// <summary><c>nexo-schedule/NAME/DUE</c>: the same for the same run, so that a queue takes it once.</summary>
    public ReadOnlySpan<byte> DedupId { get; init; }

    public ReadOnlySpan<byte> Queue { get; init; }

    public int Priority { get; init; }

    /// <summary>0: as the queue says.</summary>
    public long TtlMs { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }
}

/// <summary>
/// Pushes the messages of schedules: what the schedules know of queues. Called without any lock, by one thread at a
/// time.
/// </summary>
public interface ISchedulePusher
{
    ScheduleOutcome Push(in ScheduledPush message);
}
