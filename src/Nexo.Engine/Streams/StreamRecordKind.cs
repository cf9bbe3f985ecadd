namespace Nexo.Engine.Streams;

/// <summary>
/// Kinds of the records that the streams write. The numbers are on disk: they never change their meaning. Layouts are in
/// <c>docs/storage-format.md</c>. Up to 111 they are the streams'.
/// </summary>
public enum StreamRecordKind : byte
{
    None = 0,

    /// <summary>A stream is there with these options.</summary>
    StreamDefined = 80,

    /// <summary>A stream is gone with all that was in it.</summary>
    StreamDeleted = 81,

    /// <summary>Records were appended: all or none.</summary>
    RecordsAppended = 82,

    /// <summary>Records before an offset are gone.</summary>
    StreamTrimmed = 83,

    /// <summary>What a stream's own files hold; in snapshots only.</summary>
    StreamKept = 84,

    /// <summary>What is remembered of an idempotent producer; in snapshots only.</summary>
    ProducerKept = 85,

    /// <summary>Up to where numbers of streams were given out; in snapshots only.</summary>
    StreamNumbersKept = 86,

    /// <summary>A group is there with these options, and begins here.</summary>
    GroupDefined = 96,

    /// <summary>A group is gone.</summary>
    GroupDeleted = 97,

    /// <summary>Another member is active, or numbers of members were given out.</summary>
    GroupEpoch = 98,

    /// <summary>A group has done records.</summary>
    GroupDone = 99,

    /// <summary>The position of a group was set.</summary>
    GroupSought = 100,

    /// <summary>Records failed, or are to become dead letters.</summary>
    GroupFailed = 101,

    /// <summary>A record has become a dead letter: done in its group and appended to another stream, both or neither.</summary>
    GroupDeadLettered = 102,

    /// <summary>How a group stands; in snapshots only.</summary>
    GroupKept = 103,

    /// <summary>Up to where numbers of groups were given out; in snapshots only.</summary>
    GroupNumbersKept = 104,
}
