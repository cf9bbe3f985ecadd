namespace Nexo.Engine.Streams;

/// <summary>How a command of the streams ended. An expected refusal is a value here, never an exception.</summary>
public enum StreamStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>The name has not 1 to 255 bytes of UTF-8 without control characters.</summary>
    NameInvalid,

    /// <summary>There is no such stream.</summary>
    NotFound,

    /// <summary>The stream is there with another option, or with another revision than was expected.</summary>
    Conflict,

    /// <summary>An option is out of its range, or cannot be changed any more.</summary>
    OptionOutOfRange,

    /// <summary>Only deleted if unused, and it is not.</summary>
    InUse,

    /// <summary>There are as many streams as there may be.</summary>
    TooManyStreams,

    /// <summary>A record is longer than the stream takes.</summary>
    RecordTooLarge,

    /// <summary>A key is longer than <see cref="StreamLimits.KeyBytesMax"/>, or a version is expected of a record without one.</summary>
    KeyInvalid,

    /// <summary>A record has no key, and the stream is compacted by key.</summary>
    KeyMissing,

    /// <summary>A batch has no records, or more than <see cref="StreamLimits.BatchRecordsMax"/>, or an argument makes no sense.</summary>
    InvalidArgument,

    /// <summary>The bytes of a batch are not of their layout.</summary>
    Malformed,

    /// <summary>A producer's time is further from the broker's than the stream allows.</summary>
    TimestampOutOfRange,

    /// <summary>
    /// The producer's sequence is not the next one, and not one that was there: <see cref="StreamAppended.ExpectedSequence"/>. A
    /// producer that is not known begins with 0.
    /// </summary>
    SequenceGap,

    /// <summary>The offset is before the first record or behind the last: the answer has the valid range.</summary>
    OffsetOutOfRange,

    /// <summary>The versions of the stream's keys are being read from disk: again in a moment.</summary>
    KeysLoading,

    /// <summary>The stream has more keys than <see cref="StreamLimits.KeysMax"/>: versions cannot be expected.</summary>
    TooManyKeys,

    /// <summary>The stream's files cannot be read, or are not what was written; the server's log says where.</summary>
    Unreadable,

    /// <summary>
    /// Without a data directory: all streams together have as many bytes as they may, or the process has. Nothing was changed.
    /// </summary>
    OutOfMemory,

    /// <summary>The disk is full; what frees room still passes. Nothing was changed.</summary>
    DiskFull,

    /// <summary>The log has failed: nothing can be changed until the process starts anew.</summary>
    LogFailed,

    /// <summary>There is no such group.</summary>
    GroupNotFound,

    /// <summary>The group is there with another mode or option.</summary>
    GroupConflict,

    /// <summary>There are as many groups of the stream as there may be.</summary>
    TooManyGroups,

    /// <summary>There are as many members of the group as there may be.</summary>
    TooManyMembers,

    /// <summary>
    /// It is no member of the group any more, is not the active one, or knows another epoch: the answer has the one that is. Nothing was
    /// changed.
    /// </summary>
    MemberFenced,

    /// <summary>The lease is none any more: the record is done, or another's. Nothing was changed.</summary>
    LeaseLost,
}
