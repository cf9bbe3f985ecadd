using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <summary>
/// A snapshot of bindings and retained messages, taken in slices while they change, as that of the store is: to be kept only once
/// the log is durable up to what had been appended when the last slice was taken.
/// </summary>
public sealed class TopicSnapshot
{
    private readonly TopicService _service;
    private readonly Lsn _position;
    private readonly RecordBuffer _buffer = new();
    private RetainedCursor _cursor;
    private byte[] _binding = [];
    private bool _bindingsDone;
    private bool _isDone;

    internal TopicSnapshot(TopicService service, Lsn position, bool keeps)
    {
        _service = service;
        _position = position;
        _isDone = !keeps;
    }

    /// <summary>Takes one bounded slice under a lock, then, without it, gives its records away; false when finished.</summary>
    public bool MoveNext(IRecordSink target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (_isDone)
        {
            return false;
        }

        if (!_bindingsDone)
        {
            _bindingsDone = _service.SnapshotBindings(ref _binding, _buffer);
        }
        else
        {
            _isDone = _service.SnapshotRetained(ref _cursor, _buffer);
        }

        _buffer.Deliver(target, _position);
        return true;
    }
}
