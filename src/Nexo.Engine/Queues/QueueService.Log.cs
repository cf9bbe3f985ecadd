using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <content>The queues and their log: recovery and snapshots.</content>
public sealed partial class QueueService
{
    private volatile bool _recovering;

    /// <summary>Begins to rebuild the state of an earlier run; see <see cref="QueueRecovery"/>.</summary>
    public QueueRecovery BeginRecovery()
    {
        _recovering = true;
        throw new NotImplementedException();
    }

    /// <summary>Begins a snapshot for a position of the log; see <see cref="QueueSnapshot"/>.</summary>
    public QueueSnapshot BeginSnapshot(Lsn position) => throw new NotImplementedException();
}
