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
}
