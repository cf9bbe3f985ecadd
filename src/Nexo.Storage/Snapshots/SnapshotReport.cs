namespace Nexo.Storage;

/// <summary>What is wrong with a snapshot.</summary>
public enum SnapshotFault
{
    None = 0,

    /// <summary>It ends before its footer: it was not finished, or its end is gone.</summary>
    Incomplete,

    /// <summary>Bytes are not what was written.</summary>
    Damaged,

    /// <summary>It was written by a later version of the program.</summary>
    Newer,

    /// <summary>It is of another log.</summary>
    Foreign,

    /// <summary>The disk does not give its bytes.</summary>
    Unreadable,
}

/// <summary>A snapshot as it was found: whole, or what is wrong with it and where.</summary>
/// <param name="LogId">Zero if its header cannot be read, as with the next two.</param>
/// <param name="Position">It gives every change up to this one.</param>
/// <param name="CreatedUnixMs">What the wall clock said when it was begun.</param>
/// <param name="Records">In the blocks that were valid.</param>
/// <param name="Bytes">Of the file.</param>
/// <param name="Offset">Where the fault is; zero if there is none.</param>
/// <param name="Reason">The fault in words; empty if there is none.</param>
public sealed record SnapshotReport(
    string Path,
    ulong LogId,
    Lsn Position,
    long CreatedUnixMs,
    long Records,
    long Bytes,
    SnapshotFault Fault,
    long Offset,
    string Reason)
{
    /// <summary>Every part of it is valid.</summary>
    public bool Ok => Fault == SnapshotFault.None;

    public override string ToString() =>
        Ok ? $"{Path}: {Records} records, {Bytes} bytes" : $"{Path}: {Reason} at offset {Offset}";
}
