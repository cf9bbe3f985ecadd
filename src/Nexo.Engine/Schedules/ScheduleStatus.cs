namespace Nexo.Engine.Schedules;

/// <summary>How a command of the schedules ended. An expected refusal is a value here, never an exception.</summary>
public enum ScheduleStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>
    /// The name is not 1 to <see cref="ScheduleLimits.NameBytesMax"/> bytes of UTF-8 without control characters.
    /// </summary>
    NameInvalid,

    /// <summary>There is no such schedule.</summary>
    NotFound,

    /// <summary>The expression cannot be read, or never comes due; the message says what is wrong with it.</summary>
    CronInvalid,

    /// <summary>The time zone is not known here; the message says why.</summary>
    TimeZoneInvalid,

    /// <summary>The queue's name is not 1 to 255 bytes of UTF-8 without control characters.</summary>
    QueueInvalid,

    /// <summary>The priority is negative or above 255.</summary>
    PriorityOutOfRange,

    /// <summary>The time to live is negative or beyond <see cref="ScheduleLimits.TtlMsMax"/>.</summary>
    TtlOutOfRange,

    /// <summary>The group key is longer than <see cref="ScheduleLimits.GroupBytesMax"/>.</summary>
    GroupInvalid,

    /// <summary>The body, or the headers, are longer than <see cref="ScheduleLimits"/> allow.</summary>
    MessageTooLarge,

    /// <summary>There are as many schedules as there may be, or as many bytes of them.</summary>
    TooMany,

    /// <summary>The disk is full; what frees room still passes. Nothing was changed.</summary>
    DiskFull,

    /// <summary>The log has failed: nothing can be changed until the process starts anew.</summary>
    LogFailed,
}
