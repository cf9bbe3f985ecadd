using System.Buffers;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// Reads against the order: goes back by a stretch that should hold what is wanted, reads it forward, and gives its records away from
/// the last one on.
/// </summary>
internal ref struct StreamBackward(
    SegmentedLog log, StreamLimits limits, StreamRange range, long before, int recordsMax, int bytesMax)
{
    private const int StretchMax = 16 * 1_024;
    private const long WideStretchMax = 1L << 40;
    private const int StretchBytesMax = 1_024 * 1_024;

    private readonly ArrayBufferWriter<byte> _stretch = new();
    private readonly List<int> _starts = [];
    private int _looked;

    /// <summary>Everything from here on was looked at.</summary>
    public long Offset { get; private set; } = before;

    public int Count { get; private set; }

    public int Bytes { get; private set; }

    /// <exception cref="IOException">The files cannot be read.</exception>
    public void Run(long averageBytes, ReadOnlySpan<byte> key, IBufferWriter<byte> target)
    {
        long stretch = Math.Min(recordsMax, (bytesMax / averageBytes) + 1);
        stretch = Math.Clamp(key.IsEmpty ? stretch : StretchMax, 1, StretchMax);
        bool more = true;
        while (more && Offset > range.First && Count < recordsMax && Bytes < bytesMax && _looked < limits.LookBytesMax)
        {
            long from = Math.Max(range.First, Offset - stretch);
            if (!TryRead(from))
            {
                if (stretch > 1)
                {
                    stretch = Math.Max(1, Math.Min(stretch, Offset - from) / 2);
                    continue;
                }

                // Let go of meanwhile: that was the beginning.
                return;
            }

            _looked += key.IsEmpty ? 0 : _stretch.WrittenCount;
            long offsets = Offset - from;
            more = Give(key, target);
            Offset = more ? from : Offset;

            // Much of it was compacted away: what is left lies further apart.
            stretch = _starts.Count <= offsets / 2 ? Math.Min(2 * stretch, WideStretchMax) : stretch;
        }
    }

    // Reads the records from here to where it has come to; false: they are too many bytes, or gone.
    private readonly bool TryRead(long from)
    {
        _stretch.ResetWrittenCount();
        _starts.Clear();
        int bytes = Offset - from == 1 ? int.MaxValue : StretchBytesMax;
        var cursor = new SegmentCursor(from);
        var gathering = new StreamGathering(log, limits, from, Offset, range.Next, int.MaxValue, bytes);
        try
        {
            gathering.Run(ref cursor, default, _stretch);
        }
        finally
        {
            gathering.Dispose();
        }

        if (gathering.Offset < Offset)
        {
            return false;
        }

        ReadOnlySpan<byte> records = _stretch.WrittenSpan;
        while (StreamRecordForm.TryTake(ref records, out StreamRecordView record) && record.Offset < Offset)
        {
            _starts.Add(_stretch.WrittenCount - records.Length - record.Bytes.Length);
        }

        return true;
    }

    // False: it has enough.
    private bool Give(ReadOnlySpan<byte> key, IBufferWriter<byte> target)
    {
        for (int i = _starts.Count - 1; i >= 0; i--)
        {
            ReadOnlySpan<byte> rest = _stretch.WrittenSpan[_starts[i]..];
            if (!StreamRecordForm.TryTake(ref rest, out StreamRecordView record))
            {
                return false;
            }

            if (key.IsEmpty || (record.HasKey && record.Key.SequenceEqual(key)))
            {
                bool fits = Count == 0 || record.Bytes.Length <= bytesMax - Bytes;
                if (Count >= recordsMax || !fits)
                {
                    return false;
                }

                target.Write(record.Bytes);
                Count++;
                Bytes += record.Bytes.Length;
            }

            Offset = record.Offset;
        }

        return true;
    }
}
