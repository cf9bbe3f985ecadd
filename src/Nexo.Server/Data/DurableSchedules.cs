using Nexo.Engine.Schedules;
using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>The schedules on disk.</summary>
internal sealed class DurableSchedules(ScheduleService schedules) : IDurablePart
{
    public long SnapshotBytes => schedules.Stats.Bytes;

    public IPartRecovery BeginRecovery(RecordCounts expected, DataDirectory directory, IStorageObserver notices) =>
        new Recovering(schedules, schedules.BeginRecovery());

    public PartSnapshot BeginSnapshot(Lsn position, bool isWhole) => new(schedules.BeginSnapshot(position).MoveNext);

    private sealed class Recovering(ScheduleService schedules, ScheduleRecovery recovery) : IPartRecovery
    {
        public string Recovered => $"{schedules.Stats.Count:N0} schedules";

        public bool Takes(byte kind) => ScheduleRecovery.Takes(kind);

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => recovery.OnRecord(lsn, kind, payload);

        // Each record is applied when it comes.
        public void Flush()
        {
        }

        public void Complete(Wal log, IStorageObserver notices)
        {
            foreach (string problem in recovery.Complete(log))
            {
                notices.Notice(StorageLevel.Warning, $"a schedule is kept and does not run: {problem}");
            }
        }

        public void Dispose()
        {
        }
    }
}
