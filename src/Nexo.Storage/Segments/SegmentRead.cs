namespace Nexo.Storage;

/// <summary>What came of a read.</summary>
public enum SegmentReadStatus
{
    /// <summary>Whole batches are in the buffer.</summary>
    Ok,

    /// <summary>Nothing is there yet: the cursor is at the ceiling or at the end of the log.</summary>
    AtEnd,

    /// <summary>
    /// The cursor's offset has been dropped: <see cref="SegmentedLog.FirstOffset"/> is the first that is there.
    /// </summary>
    BeforeFirst,

    /// <summary>The next batch needs a larger buffer: <see cref="SegmentRead.Bytes"/> says how large.</summary>
    BufferTooSmall,
}

/// <summary>Answer to <see cref="SegmentedLog.Read"/>.</summary>
/// <param name="Status">What came of it.</param>
/// <param name="Bytes">Bytes of whole batches at the front of the buffer, or how many the buffer needs to have.</param>
/// <param name="BaseOffset">First offset of the first batch, which may lie before the cursor's.</param>
/// <param name="Records">Records in the batches.</param>
public readonly record struct SegmentRead(SegmentReadStatus Status, int Bytes, long BaseOffset, long Records);
