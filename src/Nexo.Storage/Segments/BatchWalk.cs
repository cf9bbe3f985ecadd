namespace Nexo.Storage;

/// <summary>Goes over the whole batches at the front of a piece of a segment, and checks them.</summary>
/// <param name="offset">Base of the first batch.</param>
/// <param name="ceiling">No batch that goes beyond this offset is taken.</param>
internal struct BatchWalk(long offset, long ceiling)
{
    private readonly long _baseOffset = offset;
    private long _records;
    private int _needed;
    private bool _atCeiling;

    /// <summary>The offset behind the batches taken.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>Bytes of the batches taken.</summary>
    public int Bytes { get; private set; }

    /// <summary>Why a batch is not what it should be.</summary>
    public string Reason { get; private set; } = "";

    public readonly SegmentRead Answer =>
        Bytes > 0 ? new SegmentRead(SegmentReadStatus.Ok, Bytes, _baseOffset, _records)
        : _atCeiling ? new SegmentRead(SegmentReadStatus.AtEnd, 0, _baseOffset, 0)
        : new SegmentRead(SegmentReadStatus.BufferTooSmall, _needed, _baseOffset, 0);

    /// <summary>Takes what it can; false: the batch behind those taken is damaged.</summary>
    /// <param name="bytes">What has been read.</param>
    /// <param name="there">How many bytes of batches there are from the first on, read or not.</param>
    /// <param name="isFromMemory">They never were on disk: their checksums need not be looked at.</param>
    public bool Take(ReadOnlySpan<byte> bytes, long there, bool isFromMemory = false)
    {
        while (Bytes < there)
        {
            ReadOnlySpan<byte> rest = bytes[Bytes..];
            if (rest.Length < BatchHeader.Size && there - Bytes >= BatchHeader.Size)
            {
                _needed = BatchHeader.Size;
                return true;
            }

            if (!BatchHeader.TryDecode(rest, out BatchHeader batch))
            {
                return Refuse("no header of a batch");
            }

            if (batch.BaseOffset != Offset)
            {
                return Refuse($"the batch begins at offset {batch.BaseOffset} instead of {Offset}");
            }

            if (batch.Bytes > there - Bytes)
            {
                return Refuse($"the batch of {batch.Bytes} bytes is longer than what there is");
            }

            if (batch.EndOffset > ceiling)
            {
                _atCeiling = true;
                return true;
            }

            if (batch.Bytes > rest.Length)
            {
                _needed = batch.Bytes;
                return true;
            }

            if (!isFromMemory && !BatchHeader.Verify(rest[..batch.Bytes]))
            {
                return Refuse("the checksum of the batch is wrong");
            }

            Bytes += batch.Bytes;
            Offset = batch.EndOffset;
            _records += batch.Records;
        }

        return true;
    }

    private bool Refuse(string reason)
    {
        Reason = reason;
        return false;
    }
}
