using Nexo.Engine.Sessions;
using Nexo.Server.Mqtt.Sessions;
using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>The sessions of MQTT on disk.</summary>
internal sealed class DurableSessions(SessionService sessions, MqttSessions subscribed) : IDurablePart
{
    public long SnapshotBytes => sessions.Stats.Bytes;

    public IPartRecovery BeginRecovery(RecordCounts expected, DataDirectory directory, IStorageObserver notices) =>
        new Recovering(sessions, subscribed, sessions.BeginRecovery());

    public PartSnapshot BeginSnapshot(Lsn position, bool isWhole) => new(sessions.BeginSnapshot(position).MoveNext);

    private sealed class Recovering(SessionService sessions, MqttSessions subscribed, SessionRecovery recovery) : IPartRecovery
    {
        public string Recovered
        {
            get
            {
                SessionStats stats = sessions.Stats;
                return $"{stats.Sessions:N0} sessions with {stats.Messages:N0} messages";
            }
        }

        public bool Takes(byte kind) => SessionRecovery.Takes(kind);

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
                    $"The data directory holds {recovery.Skipped:N0} records of sessions, which mqtt.durability=memory does "
                    + "not read; they are gone when two more snapshots have been written.");
            }

            int refused = subscribed.Restore();
            if (refused > 0)
            {
                notices.Notice(
                    StorageLevel.Warning,
                    $"{refused:N0} subscriptions of sessions are more than topics.filters-max or another bound of the topics allows: "
                    + "what comes by them is not kept.");
            }
        }

        public void Dispose()
        {
        }
    }
}
