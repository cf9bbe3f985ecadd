using Nexo.Engine.Store;
using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>
/// The store on disk, and the clock, which the other parts go by too: it comes first. A store that is kept in memory only
/// has nothing there but the clock.
/// </summary>
internal sealed class DurableStore(StoreService store, NexoServerOptions options) : IDurablePart
{
    public long SnapshotBytes => options.KeepsStore ? store.Stats.UsedBytes : 0;

    public IPartRecovery BeginRecovery(RecordCounts expected, DataDirectory directory, IStorageObserver notices)
    {
        long entriesExpected = options.KeepsStore ? expected.Of(StoreRecovery.Takes) : 0;
        return new Recovering(store, store.BeginRecovery(Workers, entriesExpected, options.KeepsStore));
    }

    public PartSnapshot BeginSnapshot(Lsn position, bool isWhole) => new(store.BeginSnapshot(position).MoveNext);

    // One beside the thread that reads: more cores than two are better left to what else runs on the machine.
    private int Workers => Environment.ProcessorCount > 1 && options.KeepsStore ? 1 : 0;

    private sealed class Recovering(StoreService store, StoreRecovery recovery) : IPartRecovery
    {
        public string Recovered => $"{store.Stats.Entries:N0} entries";

        public bool Takes(byte kind) => StoreRecovery.Takes(kind);

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => recovery.OnRecord(lsn, kind, payload);

        public void Flush() => recovery.Flush();

        public void Complete(Wal log, IStorageObserver notices)
        {
            recovery.Complete(log);
            if (recovery.Skipped > 0)
            {
                notices.Notice(
                    StorageLevel.Warning,
                    $"The data directory holds {recovery.Skipped:N0} records of the store, which store.durability=memory does "
                    + "not read; they are gone when two more snapshots have been written.");
            }
        }

        public void Dispose() => recovery.Dispose();
    }
}
