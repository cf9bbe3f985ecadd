using System.Buffers;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// Gathers records from a segmented log, forward: whole batches of them at once where all are wanted, one by one else. What is in a
/// batch's header is taken out on the way.
/// </summary>
/// <param name="log">Where they are.</param>
/// <param name="limits">How much at once.</param>
/// <param name="offset">The first that is wanted.</param>
/// <param name="end">Behind the last that is wanted.</param>
/// <param name="ceiling">Behind the last that may be seen: where a batch ends, at or behind <paramref name="end"/>.</param>
/// <param name="recordsMax">How many at most.</param>
/// <param name="bytesMax">How many bytes of them at most, but for a single one.</param>
internal ref struct StreamGathering(
    SegmentedLog log, StreamLimits limits, long offset, long end, long ceiling, int recordsMax, int bytesMax)
{
    private const int FewRecords = 16;
    private const int SmallReadBytes = 16 * 1_024;

    private byte[] _buffer = [];
    private int _looked;

    /// <summary>The next offset that was not looked at.</summary>
    public long Offset { get; private set; } = offset;

    public int Count { get; private set; }

    public int Bytes { get; private set; }

    /// <summary>What was to be read next has been let go of meanwhile.</summary>
    public bool IsGone { get; private set; }

    private readonly bool HasEnough => Count >= recordsMax || Bytes >= bytesMax || _looked >= limits.LookBytesMax;

    /// <summary>Reads as much as is wanted.</summary>
    /// <exception cref="IOException">The files cannot be read.</exception>
    public void Run(ref SegmentCursor cursor, ReadOnlySpan<byte> key, IBufferWriter<byte> target)
    {
        int size = limits.Tuning.ReadBytes;
        if (key.IsEmpty)
        {
            int wanted = recordsMax <= FewRecords ? Math.Min(bytesMax, SmallReadBytes) : bytesMax;
            size = Math.Clamp(wanted, Math.Min(size, 2 * BatchHeader.Size), size);
        }

        while (Offset < end && !HasEnough)
        {
            if (_buffer.Length < size)
            {
                Rent(size);
            }

            SegmentRead read = log.Read(ref cursor, _buffer.AsSpan(0, size), ceiling);
            switch (read.Status)
            {
                case SegmentReadStatus.Ok:
                    int left = Take(_buffer.AsSpan(0, read.Bytes), key, target, out long batchOffset);
                    if (left > 0)
                    {
                        cursor.MoveBack(batchOffset, left);
                        return;
                    }

                    break;
                case SegmentReadStatus.BufferTooSmall:
                    size = Math.Max(read.Bytes, limits.Tuning.ReadBytes);
                    break;
                default:
                    IsGone = read.Status == SegmentReadStatus.BeforeFirst;
                    return;
            }
        }
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private void Rent(int size)
    {
        Dispose();
        _buffer = ArrayPool<byte>.Shared.Rent(size);
    }

    // How many bytes of batches were not used up, and the base of the first of them.
    private int Take(ReadOnlySpan<byte> batches, ReadOnlySpan<byte> key, IBufferWriter<byte> target, out long batchOffset)
    {
        batchOffset = 0;
        while (BatchHeader.TryDecode(batches, out BatchHeader batch))
        {
            batchOffset = batch.BaseOffset;
            if (HasEnough)
            {
                return batches.Length;
            }

            ReadOnlySpan<byte> records = batches[BatchHeader.Size..batch.Bytes];
            bool isWhole = key.IsEmpty
                && batch.BaseOffset >= Offset
                && batch.EndOffset <= end
                && batch.Records <= recordsMax - Count
                && records.Length <= bytesMax - Bytes;
            if (batch.Records == 0 || isWhole)
            {
                // Of padding and of what was compacted away altogether nothing is to be given.
                Give(records[..(batch.Records == 0 ? 0 : records.Length)], batch.Records, target);
                Offset = Math.Max(Offset, Math.Min(batch.EndOffset, end));
            }
            else if (!TakeSome(records, batch.EndOffset, key, target))
            {
                return batches.Length;
            }

            _looked += key.IsEmpty ? 0 : batch.Bytes;
            batches = batches[batch.Bytes..];
        }

        return 0;
    }

    // False: it has enough before the end of the batch.
    private bool TakeSome(ReadOnlySpan<byte> records, long endOffset, ReadOnlySpan<byte> key, IBufferWriter<byte> target)
    {
        while (StreamRecordForm.TryTake(ref records, out StreamRecordView record))
        {
            if (record.Offset < Offset)
            {
                continue;
            }

            if (record.Offset >= end)
            {
                Offset = end;
                return false;
            }

            if (key.IsEmpty || (record.HasKey && record.Key.SequenceEqual(key)))
            {
                bool fits = Count == 0 || record.Bytes.Length <= bytesMax - Bytes;
                if (Count >= recordsMax || Bytes >= bytesMax || !fits)
                {
                    Offset = record.Offset;
                    Close(fits);
                    return false;
                }

                Give(record.Bytes, 1, target);
            }

            Offset = record.Offset + 1;
        }

        Offset = Math.Min(endOffset, end);
        return true;
    }

    // The next does not fit: that is all, though some bytes are left.
    private void Close(bool fits) => bytesMax = fits ? bytesMax : Bytes;

    private void Give(scoped ReadOnlySpan<byte> records, int count, IBufferWriter<byte> target)
    {
        target.Write(records);
        Count += count;
        Bytes += records.Length;
    }
}
