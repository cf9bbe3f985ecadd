namespace Nexo.Engine.Store;

/// <summary>How a command of the store ended. An expected refusal is a value here, never an exception.</summary>
public enum StoreStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>No such entry, or no such field in it.</summary>
    NotFound,

    /// <summary>The entry is not in the state that the condition asked for; nothing changed.</summary>
    ConditionFailed,

    /// <summary>A hash where a value is needed, or the reverse; nothing changed.</summary>
    WrongType,

    /// <summary>The value is not the decimal text of an <see cref="long"/>; nothing changed.</summary>
    NotAnInteger,

    /// <summary>The sum leaves the range of an <see cref="long"/>; nothing changed.</summary>
    Overflow,

    /// <summary>The memory limit is reached and nothing may, or can, be evicted; nothing changed.</summary>
    OutOfMemory,

    /// <summary>
    /// The key is empty, or the key or a hash field is longer than <see cref="StoreLimits.KeyBytesMax"/>.
    /// </summary>
    KeyInvalid,

    /// <summary>The value would be longer than <see cref="StoreLimits.ValueBytesMax"/>; nothing changed.</summary>
    ValueTooLarge,

    /// <summary>The expiry is below 1 ms or further away than <see cref="StoreLimits.ExpiryMsMax"/>.</summary>
    ExpiryOutOfRange,

    /// <summary>The scan cursor is not one that this store has given out.</summary>
    CursorInvalid,

    /// <summary>An argument is outside of what the command takes.</summary>
    InvalidArgument,

    /// <summary>
    /// The disk is full, so the write could not be kept; nothing changed. What frees room (deletes and the like) still
    /// passes, and writes do again when there is room.
    /// </summary>
    DiskFull,

    /// <summary>
    /// The log has failed: it takes no change any more until the process starts anew; nothing changed.
    /// </summary>
    LogFailed,

    /// <summary>The value is not the text of a finite number; nothing changed.</summary>
    NotANumber,
}
