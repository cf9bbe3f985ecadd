using Nexo.Server.Data;

namespace Nexo.Server.Observability;

// Backups that the server makes by itself, where it does.
internal sealed partial class NexoMetrics
{
    public void Backups(Func<BackupState> read)
    {
        Level(
            MetricNames.BackupLastSuccess,
            () => read().LastAt?.ToUnixTimeSeconds() ?? 0,
            "s",
            "When the last scheduled backup that is whole was begun, in Unix time; 0: never");
        Level(MetricNames.BackupSize, () => read().LastBytes, "By", "Size of the last scheduled backup");
        Count(MetricNames.BackupsWritten, () => read().Written, null, "Scheduled backups written");
        Count(MetricNames.BackupsFailed, () => read().Failed, null, "Tries of scheduled backups that failed");
    }
}
