using Nexo.Engine.Queues;
using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>The queues on disk.</summary>
internal sealed class DurableQueues(QueueService queues) : IDurablePart
{
    public long SnapshotBytes => queues.Totals.MemoryBytes;

    public long PendingBytes => queues.BacklogPendingBytes;

    public IPartRecovery BeginRecovery(RecordCounts expected, DataDirectory directory, IStorageObserver notices) =>
        new Recovering(queues, queues.BeginRecovery(new QueueDisk(directory.Disk, directory.LogId, notices)));

    public PartSnapshot BeginSnapshot(Lsn position, bool isWhole)
    {
        QueueSnapshot snapshot = queues.BeginSnapshot(position, isWhole);
        return new PartSnapshot(snapshot.MoveNext, snapshot);
    }

    public void OnSnapshotKept(Lsn older) => queues.OnSnapshotKept();

    private sealed class Recovering(QueueService queues, QueueRecovery recovery) : IPartRecovery
    {
        public string Recovered
        {
            get
            {
                QueueStats totals = queues.Totals;
                long messages = totals.Ready + totals.Leased + totals.Delayed + totals.Dead;
                return $"{messages:N0} messages of {queues.Count:N0} queues";
            }
        }

        public bool Takes(byte kind) => QueueRecovery.Takes(kind);

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
