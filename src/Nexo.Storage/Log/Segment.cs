namespace Nexo.Storage;

/// <summary>A segment file as the running log knows it.</summary>
internal sealed class Segment(ulong sequence, long length) : IDisposable
{
    private const long EndReserveMax = 8_192;

    public ulong Sequence { get; } = sequence;

    /// <summary>Bytes of the file.</summary>
    public long Length { get; } = length;

    public string Path => SegmentHeader.PathOf(Sequence);

    /// <summary>The number of its first commit, once it is in use.</summary>
    public ulong FirstCommit { get; set; }

    /// <summary>The position of its first record, or where that would be; once it is in use.</summary>
    public Lsn FirstLsn { get; set; }

    /// <summary>Open for writing while it is prepared or current.</summary>
    public IDiskFile? File { get; set; }

    /// <summary>
    /// Where commits with records end: room for several closing and opening commits is left behind them, so that a
    /// server on a full disk can be stopped and started.
    /// </summary>
    public long RecordsEnd => Length - EndReserveOf(Length);

    /// <summary>The length of a segment that can hold one commit of this payload, in bytes.</summary>
    public static long LengthFor(long payloadBytes) =>
        SegmentHeader.Size + CommitHeader.ExtentOf(payloadBytes) + EndReserveMax;

    /// <summary>True if an empty segment of this length can hold one commit of this payload.</summary>
    public static bool Holds(long length, long payloadBytes) =>
        SegmentHeader.Size + CommitHeader.ExtentOf(payloadBytes) <= length - EndReserveOf(length);

    public void Dispose()
    {
        File?.Dispose();
        File = null;
    }

    private static long EndReserveOf(long length) =>
        Math.Clamp(length / 8 / SegmentHeader.Sector * SegmentHeader.Sector, 2 * SegmentHeader.Sector, EndReserveMax);
}
