namespace Nexo.Storage;

/// <summary>Every bound of the write-ahead log.</summary>
public sealed record WalOptions
{
    /// <summary>The smallest segment that is allowed, in bytes.</summary>
    public const int SegmentBytesMin = 4_096;

    /// <summary>Bytes of a segment file, a multiple of 512; a larger record gets a segment of its own size.</summary>
    public long SegmentBytes { get; init; } = 64 * 1_024 * 1_024;

    /// <summary>Bytes of the very first segment: small, so that a first start is fast.</summary>
    public long FirstSegmentBytes { get; init; } = 1_024 * 1_024;

    /// <summary>How many segments that are not needed any more are kept to be used again.</summary>
    public int SparesMax { get; init; } = 2;

    /// <summary>What nobody waits for is durable so long after its append at the latest.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What nobody waits for is handed to the operating system so long after its append at the latest.
    /// </summary>
    public TimeSpan WriteDelay { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>What nobody waits for is handed to the operating system when it comes to so many bytes.</summary>
    public int WriteBytes { get; init; } = 256 * 1_024;

    /// <summary>What nobody waits for is synced when it comes to so many bytes.</summary>
    public long UnsyncedBytesMax { get; init; } = 4 * 1_024 * 1_024;

    /// <summary>Above so many buffered bytes <see cref="Wal.WhenRoomAsync"/> waits.</summary>
    public long PendingBytesMax { get; init; } = 16 * 1_024 * 1_024;

    /// <summary>
    /// The largest payload of a commit, in bytes; only a single record that is larger makes a larger one.
    /// </summary>
    public int CommitBytesMax { get; init; } = 4 * 1_024 * 1_024;

    /// <summary>How long to wait between two attempts to make a segment on a disk that is full.</summary>
    public TimeSpan FullRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Buffers go back to their first size when nothing was appended for so long.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>No thread: a test calls <c>RunRound</c>, and everything happens on its thread.</summary>
    internal bool Manual { get; init; }

    internal void Check()
    {
        CheckLength(SegmentBytes, nameof(SegmentBytes));
        CheckLength(FirstSegmentBytes, nameof(FirstSegmentBytes));
        ArgumentOutOfRangeException.ThrowIfNegative(SparesMax, nameof(SparesMax));
        ArgumentOutOfRangeException.ThrowIfLessThan(WriteBytes, 1, nameof(WriteBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(UnsyncedBytesMax, 1, nameof(UnsyncedBytesMax));
        ArgumentOutOfRangeException.ThrowIfLessThan(PendingBytesMax, 1, nameof(PendingBytesMax));
        ArgumentOutOfRangeException.ThrowIfLessThan(CommitBytesMax, 1, nameof(CommitBytesMax));
    }

    private static void CheckLength(long bytes, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, SegmentBytesMin, name);
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes % SegmentHeader.Sector, 0, name);
    }
}
