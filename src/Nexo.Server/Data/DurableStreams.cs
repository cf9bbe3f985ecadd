using Nexo.Engine.Streams;
using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>The streams on disk.</summary>
internal sealed class DurableStreams(StreamService streams) : IDurablePart
{
    // A stream in a snapshot: its definition, and where its files end.
    private const long SnapshotBytesEach = 300;

    public long SnapshotBytes => streams.Count * SnapshotBytesEach;

    public long PendingBytes => streams.PendingBytes;

    public IPartRecovery BeginRecovery(RecordCounts expected, DataDirectory directory, IStorageObserver notices) =>
        new Recovering(streams, streams.BeginRecovery(new StreamDisk(directory.Disk, directory.LogId, notices)));

    public PartSnapshot BeginSnapshot(Lsn position, bool isWhole)
    {
        StreamSnapshot snapshot = streams.BeginSnapshot(position, isWhole);
        return new PartSnapshot(snapshot.MoveNext, snapshot);
    }

    public void OnSnapshotKept(Lsn older) => streams.OnSnapshotKept(older);

    private sealed class Recovering(StreamService streams, StreamRecovery recovery) : IPartRecovery
    {
        public string Recovered => $"{streams.Count:N0} streams";

        public bool Takes(byte kind) => StreamRecovery.Takes(kind);

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => recovery.OnRecord(lsn, kind, payload);

        // Each record is applied when it comes.
        public void Flush()
        {
        }

        public void Complete(Wal log, IStorageObserver notices) => recovery.Complete(log);

        public void Dispose()
        {
        }
    }
}
