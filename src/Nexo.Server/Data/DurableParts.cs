using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>All parts of the engine that are kept on disk, as one.</summary>
/// <param name="parts">In the order in which they are recovered, and stand in snapshots.</param>
internal sealed class DurableParts(IEnumerable<IDurablePart> parts)
{
    private readonly IDurablePart[] _parts = [.. parts];

    /// <summary>About what a snapshot takes on disk.</summary>
    public long SnapshotBytes => _parts.Sum(part => part.SnapshotBytes);

    /// <summary>Bytes that they have still to write to files of their own.</summary>
    public long PendingBytes
    {
        get
        {
            long bytes = 0;
            foreach (IDurablePart part in _parts)
            {
                bytes += part.PendingBytes;
            }

            return bytes;
        }
    }

    public DurableRecovery BeginRecovery(RecordCounts expected, DataDirectory directory, IStorageObserver notices) =>
        new([.. _parts.Select(part => part.BeginRecovery(expected, directory, notices))]);

    /// <summary>Begins a snapshot for a position of the log: that of a record that has been appended.</summary>
    /// <param name="isWhole">True for a backup, which must hold everything itself.</param>
    public DurableSnapshot BeginSnapshot(Lsn position, bool isWhole) =>
        new(position, [.. _parts.Select(part => part.BeginSnapshot(position, isWhole))]);

    /// <summary>See <see cref="IDurablePart.OnSnapshotKept"/>.</summary>
    public void OnSnapshotKept(Lsn older) => Array.ForEach(_parts, part => part.OnSnapshotKept(older));
}

/// <summary>A snapshot of all parts, one after the other. For one thread at a time.</summary>
internal sealed class DurableSnapshot(Lsn position, PartSnapshot[] parts) : IDisposable
{
    private int _part;

    /// <summary>The record of the log up to which every change is in it; later ones may be.</summary>
    public Lsn Position { get; } = position;

    /// <summary>Takes one bounded slice and gives its records away; false when finished.</summary>
    public bool MoveNext(IRecordSink target)
    {
        while (_part < parts.Length)
        {
            if (parts[_part].MoveNext(target))
            {
                return true;
            }

            _part++;
        }

        return false;
    }

    public void Dispose() => Array.ForEach(parts, part => part.Hold?.Dispose());
}

/// <summary>Rebuilds all parts: gives each record to the one that it belongs to.</summary>
internal sealed class DurableRecovery : IRecordSink, IDisposable
{
    private readonly IPartRecovery[] _parts;
    private readonly IPartRecovery?[] _byKind = new IPartRecovery?[byte.MaxValue + 1];

    public DurableRecovery(IPartRecovery[] parts)
    {
        _parts = parts;
        for (int kind = 0; kind < _byKind.Length; kind++)
        {
            _byKind[kind] = Array.Find(parts, part => part.Takes((byte)kind));
        }
    }

    /// <summary>Records taken so far.</summary>
    public long Records { get; private set; }

    /// <summary>What it has come to, such as "12 entries and 3 messages"; once it is complete.</summary>
    public string Recovered => string.Join(" and ", _parts.Select(part => part.Recovered));

    /// <exception cref="InvalidDataException">None that this version can have written.</exception>
    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        if (_byKind[kind] is not { } part)
        {
            throw new InvalidDataException(
                $"Record {lsn} of kind {kind} with {payload.Length} bytes is none that this version can read.");
        }

        Records++;
        part.OnRecord(lsn, kind, payload);
    }

    /// <summary>Applies what has come so far: afterwards it is known that all of it is valid.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public void Flush() => Array.ForEach(_parts, part => part.Flush());

    /// <summary>All records have come: the parts take commands, and log them.</summary>
    /// <exception cref="InvalidDataException">What came is not valid.</exception>
    public void Complete(Wal log, IStorageObserver notices) => Array.ForEach(_parts, part => part.Complete(log, notices));

    public void Dispose() => Array.ForEach(_parts, part => part.Dispose());
}
