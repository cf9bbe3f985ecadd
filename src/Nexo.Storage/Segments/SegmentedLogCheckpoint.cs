using System.Buffers.Binary;

namespace Nexo.Storage;

/// <summary>
/// Up to where a <see cref="SegmentedLog"/> has been synced. Its owner keeps it where it keeps its own state (in the
/// snapshot), and gives it back at the next opening: what lies behind is dropped and comes again from the
/// write-ahead log. The default value is that of a log that has never been written.
/// </summary>
/// <param name="NextOffset">The first offset that is not in the log.</param>
/// <param name="SegmentBase">First offset of the segment that is written to.</param>
/// <param name="Position">
/// Bytes of that segment, its header included; 0: there is none, and the log holds nothing.
/// </param>
/// <param name="MaxTimestamp">Unix ms: the highest of all records that were ever in the log.</param>
public readonly record struct SegmentedLogCheckpoint(
    long NextOffset, long SegmentBase, long Position, long MaxTimestamp)
{
    /// <summary>Bytes of the encoded form.</summary>
    public const int Size = 4 * sizeof(long);

    /// <summary>Whether the log holds nothing.</summary>
    public bool IsEmpty => Position == 0;

    /// <summary>Reads <c>[i64 nextOffset][i64 segmentBase][i64 position][i64 maxTimestamp]</c>.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, out SegmentedLogCheckpoint checkpoint)
    {
        checkpoint = default;
        if (source.Length < Size)
        {
            return false;
        }

        var read = new SegmentedLogCheckpoint(
            BinaryPrimitives.ReadInt64LittleEndian(source),
            BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[24..]));
        if (!read.IsPossible)
        {
            return false;
        }

        checkpoint = read;
        return true;
    }

    /// <summary>Writes the <see cref="Size"/> bytes that <see cref="TryDecode"/> reads.</summary>
    public void Encode(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination, NextOffset);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], SegmentBase);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], Position);
        BinaryPrimitives.WriteInt64LittleEndian(destination[24..], MaxTimestamp);
    }

    internal bool IsPossible =>
        NextOffset >= 0
        && (IsEmpty || (SegmentBase >= 0 && SegmentBase <= NextOffset && Position >= BatchSegmentHeader.Size));
}
