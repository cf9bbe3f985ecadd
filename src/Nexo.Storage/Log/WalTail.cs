namespace Nexo.Storage;

/// <summary>Where a log that has been read ends, and where it is to be continued.</summary>
public sealed record WalTail
{
    /// <summary>The number of the next commit.</summary>
    public required ulong NextCommit { get; init; }

    /// <summary>The position of the next record.</summary>
    public required Lsn NextLsn { get; init; }

    /// <summary>The epoch of the last commit; 0 if there is none.</summary>
    public uint Epoch { get; init; }

    /// <summary>The sequence of the segment to go on with; 0 if there is none.</summary>
    public ulong Segment { get; init; }

    /// <summary>Where in that segment the next commit belongs, in bytes.</summary>
    public long Offset { get; init; }

    /// <summary>The last commit was the closing one of a clean stop.</summary>
    public bool Clean { get; init; }

    /// <summary>Records that were fed to the sink.</summary>
    public long Records { get; init; }

    /// <summary>Bytes that were read and held commits.</summary>
    public long Bytes { get; init; }

    /// <summary>What was cut because it never became durable; null if nothing is known to have been there.</summary>
    public WalCut? Cut { get; init; }

    /// <summary>
    /// From here to <see cref="Offset"/> the segment holds commits of which no later one says that they were durable:
    /// perhaps only the page cache has them.
    /// </summary>
    internal long UnsureFrom { get; init; }

    /// <summary>
    /// A log that does not exist yet and shall begin with this record: a new one, or one that follows a backup.
    /// </summary>
    public static WalTail BeginAt(Lsn next) => new() { NextCommit = 1, NextLsn = next };
}

/// <summary>A torn tail that was cut: none of it was ever acknowledged as durable.</summary>
/// <param name="Path">The file, relative to the data directory.</param>
/// <param name="Offset">Where in the file the cut is.</param>
/// <param name="Bytes">From there to the end of the last thing that looked like a commit.</param>
/// <param name="Commits">Whole commits behind the cut: their predecessor was lost.</param>
/// <param name="Records">The records in those.</param>
public sealed record WalCut(string Path, long Offset, long Bytes, int Commits, long Records)
{
    public override string ToString() =>
        $"{Path}, offset {Offset}: cut {Bytes} bytes that were never durable, with {Commits} whole commits"
        + $" of {Records} records behind the gap";
}
