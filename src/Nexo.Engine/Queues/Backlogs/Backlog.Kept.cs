using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <content>What snapshots keep of it.</content>
internal sealed partial class Backlog
{
    /// <summary>
    /// Nothing is taken out until it has a log, so that all that is in it has its place there, or until <see cref="Release"/>.
    /// </summary>
    public void Hold() => _isHeld = _log is null;

    public void Release() => _isHeld = false;

    /// <summary>A snapshot with its <see cref="StateAt"/> was kept, or one without it, since it was empty.</summary>
    /// <returns>Before this offset no kept snapshot needs anything.</returns>
    public long OnKept()
    {
        long before = _keptOffset;
        _keptOffset = _stateOffset == NoOffset ? ReadOffset : _stateOffset;
        _stateOffset = NoOffset;
        return before;
    }

    /// <summary>What is to be kept of it together with a checkpoint that was made of all that was closed.</summary>
    public BacklogState StateAt(SegmentedLogCheckpoint checkpoint)
    {
        DropMarks(checkpoint.NextOffset);
        _stateOffset = Math.Min(ReadOffset, checkpoint.NextOffset);
        bool isBehind = ReadOffset >= checkpoint.NextOffset;
        return new BacklogState(
            checkpoint,
            _stateOffset,
            isBehind ? 0 : _lastMark.LoggedBytes - _takenFromLogBytes,
            _lastMark.LastId,
            LastTakenId);
    }

    private void DropMarks(long before)
    {
        while (_marks.TryPeek(out BacklogMark next) && next.EndOffset <= before)
        {
            _lastMark = _marks.Dequeue();
        }
    }
}
