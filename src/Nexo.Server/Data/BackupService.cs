using System.Diagnostics.CodeAnalysis;

namespace Nexo.Server.Data;

/// <summary>Begins backups, one at a time: each holds back the log that it has yet to read.</summary>
internal sealed class BackupService(
    Persistence persistence, DurableParts parts, NexoServerOptions options, TimeProvider time)
{
    private int _isRunning;
    private long _completed;

    /// <summary>Backups that were read to their end.</summary>
    public long Completed => Interlocked.Read(ref _completed);

    /// <summary>False when another one is being made.</summary>
    public bool TryBegin([NotNullWhen(true)] out Backup? backup)
    {
        backup = null;
        if (persistence is not { Log: { } log, Directory: { } directory }
            || Interlocked.CompareExchange(ref _isRunning, 1, 0) != 0)
        {
            return false;
        }

        try
        {
            backup = new Backup(log, directory.LogId, parts, options.Storage.SnapshotRate, time, End);
            return true;
        }
        catch
        {
            End();
            throw;
        }
    }

    public void CountCompleted() => Interlocked.Increment(ref _completed);

    private void End() => Volatile.Write(ref _isRunning, 0);
}
