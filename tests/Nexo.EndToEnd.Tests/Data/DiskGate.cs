using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>
/// Holds up operations on a disk's log while it is closed. To be made after the server, so that it is opened before the
/// server is let go of.
/// </summary>
internal sealed class DiskGate : IDisposable
{
    private readonly object _gate = new();
    private readonly DiskOperationKinds _kinds;
    private bool _isClosed;
    private int _waiting;

    public DiskGate(SimulatedDisk disk, DiskOperationKinds kinds = DiskOperationKinds.Sync)
    {
        _kinds = kinds;
        disk.Before = Pass;
    }

    /// <summary>Operations that are held up.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    public void Open()
    {
        lock (_gate)
        {
            _isClosed = false;
            Monitor.PulseAll(_gate);
        }
    }

    public void Dispose() => Open();

    private void Pass(DiskOperationKinds kind, string path)
    {
        if ((kind & _kinds) == 0 || !path.StartsWith("wal/", StringComparison.Ordinal))
        {
            return;
        }

        lock (_gate)
        {
            _waiting++;
            while (_isClosed)
            {
                Monitor.Wait(_gate);
            }

            _waiting--;
        }
    }
}
