using Nexo.Storage;

namespace Nexo.Engine.Sessions;

/// <summary>
/// A snapshot of the sessions, taken in slices while they change, as that of the store is: to be kept only once the log is durable up to
/// what had been appended when the last slice was taken. A message that several sessions have is in it once.
/// </summary>
public sealed class SessionSnapshot
{
    private readonly SessionService _service;
    private readonly Lsn _position;
    private readonly RecordBuffer _buffer = new();
    private readonly HashSet<ulong> _bodies = [];
    private Session? _session;
    private ulong _from;
    private int _slot;
    private bool _hasNumbers;
    private bool _isDone;

    internal SessionSnapshot(SessionService service, Lsn position, bool keeps)
    {
        _service = service;
        _position = position;
        _isDone = !keeps;
    }

    /// <summary>Takes one bounded slice under locks, then, without them, gives its records away; false when finished.</summary>
    public bool MoveNext(IRecordSink target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (_isDone)
        {
            return false;
        }

        if (!_hasNumbers)
        {
            _service.SnapshotNumbers(_buffer);
            _hasNumbers = true;
        }

        // Many are small: some together are a slice.
        while (!_isDone && _buffer.Length < _service.Limits.SliceBytesMax && Take())
        {
        }

        _buffer.Deliver(target, _position);
        return true;
    }

    /// <summary>Takes a part of one; false: the slice is full.</summary>
    private bool Take()
    {
        if (_session is null)
        {
            _session = _service.At(_slot++, out _isDone);
            if (_session is null || !_service.SnapshotHead(_session, _buffer))
            {
                _session = null;
                return true;
            }

            _session.SnapshotSettings(_buffer);
            _from = 0;
        }

        if (!_session.SnapshotQueue(_buffer, ref _from, _bodies))
        {
            return false;
        }

        _session = null;
        return true;
    }
}
