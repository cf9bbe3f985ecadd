using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>
/// A part of the engine whose state is in the log and in snapshots, under kinds of records of its own. All of them together
/// are <see cref="DurableParts"/>; one more is a class like <see cref="DurableStore"/> and a line in the container.
/// </summary>
internal interface IDurablePart
{
    /// <summary>About what its state takes on disk.</summary>
    long SnapshotBytes { get; }

    /// <summary>Bytes that it has still to write to files of its own: who adds to them should wait when they are many.</summary>
    long PendingBytes => 0;

    /// <summary>Begins to rebuild its state, which is empty until then.</summary>
    /// <param name="expected">What the snapshot holds.</param>
    /// <param name="directory">Where it may have files of its own.</param>
    /// <param name="notices">Takes what there is to tell, also later.</param>
    IPartRecovery BeginRecovery(RecordCounts expected, DataDirectory directory, IStorageObserver notices);

    /// <summary>Begins a snapshot for a position of the log.</summary>
    /// <param name="isWhole">True for a backup: it must hold what files of its own hold.</param>
    PartSnapshot BeginSnapshot(Lsn position, bool isWhole);

    /// <summary>
    /// The snapshot that was begun last is durable, and of all others only the one before it is kept: files that neither needs may go.
    /// </summary>
    /// <param name="older">The position of that one.</param>
    /// <exception cref="DiskException">They could not be deleted; it is tried again with the next one.</exception>
    void OnSnapshotKept(Lsn older)
    {
    }
}

/// <summary>A snapshot of one part.</summary>
/// <param name="MoveNext">Takes a slice with each call and gives its records away; false: that was all.</param>
/// <param name="Hold">What it holds on to until it is finished or given up; null: nothing.</param>
internal sealed record PartSnapshot(Func<IRecordSink, bool> MoveNext, IDisposable? Hold = null);

/// <summary>Rebuilds one part, from its records alone, on one thread.</summary>
internal interface IPartRecovery : IRecordSink, IDisposable
{
    /// <summary>Whether records of this kind are its own.</summary>
    bool Takes(byte kind);

    /// <summary>Applies what has come so far: afterwards it is known that all of it is valid.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    void Flush();

    /// <summary>All records have come: the part works from now on, and writes to the log.</summary>
    /// <exception cref="InvalidDataException">What came is not valid.</exception>
    void Complete(Wal log, IStorageObserver notices);

    /// <summary>What it has come to, such as "12 entries"; once it is complete.</summary>
    string Recovered { get; }
}
