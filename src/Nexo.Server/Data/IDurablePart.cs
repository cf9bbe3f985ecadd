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

    /// <summary>Begins to rebuild its state, which is empty until then.</summary>
    /// <param name="expected">What the snapshot holds.</param>
    IPartRecovery BeginRecovery(RecordCounts expected);

    /// <summary>
    /// Begins a snapshot for a position of the log. The answer takes a slice with each call and gives its records away;
    /// false: that was all.
    /// </summary>
    Func<IRecordSink, bool> BeginSnapshot(Lsn position);
}

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
