using Nexo.Engine.Topics;
using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>Retained messages and bindings on disk.</summary>
internal sealed class DurableTopics(TopicService topics) : IDurablePart
{
    public long SnapshotBytes => topics.Stats.RetainedBytes;

    public IPartRecovery BeginRecovery(RecordCounts expected, DataDirectory directory, IStorageObserver notices) =>
        new Recovering(topics, topics.BeginRecovery());

    public PartSnapshot BeginSnapshot(Lsn position, bool isWhole) => new(topics.BeginSnapshot(position).MoveNext);

    private sealed class Recovering(TopicService topics, TopicRecovery recovery) : IPartRecovery
    {
        public string Recovered
        {
            get
            {
                TopicStats stats = topics.Stats;
                return $"{stats.Retained:N0} retained messages with {stats.Bindings:N0} bindings";
            }
        }

        public bool Takes(byte kind) => TopicRecovery.Takes(kind);

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => recovery.OnRecord(lsn, kind, payload);

        // Each record is applied when it comes.
        public void Flush()
        {
        }

        public void Complete(Wal log, IStorageObserver notices)
        {
            recovery.Complete(log);
            if (recovery.Skipped > 0)
            {
                notices.Notice(
                    StorageLevel.Warning,
                    $"The data directory holds {recovery.Skipped:N0} records of topics, which topics.durability=memory does "
                    + "not read; they are gone when two more snapshots have been written.");
            }
        }

        public void Dispose()
        {
        }
    }
}
