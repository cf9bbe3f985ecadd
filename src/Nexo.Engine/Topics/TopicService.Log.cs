using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <content>Retained messages, bindings, and their log: recovery and snapshots.</content>
public sealed partial class TopicService
{
    private ILogWriter? _log;
    private volatile bool _isRecovering;

    private bool Keeps => Limits.Durability != TopicDurability.Memory;

    /// <summary>A confirm of what was changed waits for the log.</summary>
    internal bool WaitsForLog => _log is not null && Limits.Durability == TopicDurability.Fsync;

    /// <summary>
    /// Begins to rebuild what an earlier run has kept; there is nothing yet, and there is no log. Until <see
    /// cref="TopicRecovery.Complete"/> has been called no command may be given, and <see cref="Tick"/> does nothing.
    /// </summary>
    public TopicRecovery BeginRecovery()
    {
        if (_log is not null || _isRecovering || _retained.Count != 0 || _bindings.Count != 0)
        {
            throw new InvalidOperationException("Only into no topics, without a log, and only once.");
        }

        _isRecovering = true;
        _retained.BeginRecovery();
        return new TopicRecovery(this, Keeps);
    }

    /// <summary>
    /// Begins a snapshot for a position of the log: that of a record that had been appended before this call. Commands go on.
    /// </summary>
    public TopicSnapshot BeginSnapshot(Lsn position) => new(this, position, Keeps);

    /// <summary>Applies a record; false: it is not valid.</summary>
    internal bool Apply(TopicRecordKind kind, ReadOnlySpan<byte> payload)
    {
        switch (kind)
        {
            case TopicRecordKind.RetainedSet:
                lock (_retained.Gate)
                {
                    return _retained.ApplySet(payload);
                }

            case TopicRecordKind.RetainedRemoved:
                lock (_retained.Gate)
                {
                    return _retained.ApplyRemoved(payload);
                }

            case TopicRecordKind.BindingDefined:
                return ApplyBinding(payload);
            case TopicRecordKind.BindingRemoved:
                ApplyBindingRemoved(payload);
                return !payload.IsEmpty;
            default:
                return false;
        }
    }

    internal void EndRecovery(ILogWriter? log)
    {
        Attach(log);
        lock (_retained.Gate)
        {
            _retained.EndRecovery(_log);
        }

        _isRecovering = false;
    }

    internal bool SnapshotRetained(ref RetainedCursor cursor, RecordBuffer buffer)
    {
        lock (_retained.Gate)
        {
            return _retained.Snapshot(ref cursor, buffer);
        }
    }

    private void Attach(ILogWriter? log)
    {
        _log = Keeps ? log : null;
        _retained.Log = _log;
    }

    private static TopicStatus StatusOf(LogRoom room) => room switch
    {
        LogRoom.Ok => TopicStatus.Ok,
        LogRoom.Full => TopicStatus.DiskFull,
        _ => TopicStatus.LogFailed,
    };
}
