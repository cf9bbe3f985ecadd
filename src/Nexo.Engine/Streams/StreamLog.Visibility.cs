using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>What readers see: with fsync no record before it is durable, so that none that was seen is ever gone.</content>
internal sealed partial class StreamLog
{
    // Null until it is needed: appends that are not known to be durable yet, and where each of them ends.
    private Queue<Mark>? _undurable;
    private long _visible;
    private List<StreamFollower>? _waiting;

    /// <summary>None of those who wait stands before this.</summary>
    private long _waitingFrom = long.MaxValue;
    private bool _isNoted;
    private Lsn _lastUndurable;

    private readonly record struct Mark(Lsn Lsn, long EndOffset);

    // Under the gate.
    private void AdvanceVisible()
    {
        if (_undurable is not { Count: > 0 } marks)
        {
            _visible = _next;
            return;
        }

        if (!Waits)
        {
            marks.Clear();
            _visible = _next;
            return;
        }

        Lsn durable = _context.Log!.DurableLsn;
        while (marks.TryPeek(out Mark mark) && mark.Lsn <= durable)
        {
            _visible = mark.EndOffset;
            marks.Dequeue();
        }
    }

    private void NoteUndurable(Lsn lsn)
    {
        if (Waits && lsn != Lsn.None)
        {
            _lastUndurable = lsn;
            (_undurable ??= new Queue<Mark>()).Enqueue(new Mark(lsn, _next));
        }
        else
        {
            _visible = _next;
        }
    }

    // Something was appended: those who wait are woken, or the log is asked to tell when they may be. Under the gate.
    private void NoteAppended(ref List<StreamFollower>? readable)
    {
        if (_waiting is not { Count: > 0 })
        {
            return;
        }

        TakeReadable(ref readable);
        WantNotice();
    }

    private void WantNotice()
    {
        if (!_isNoted && _waiting is { Count: > 0 } && _undurable is { Count: > 0 })
        {
            _isNoted = true;
            _context.Visibility?.Want(this, _lastUndurable);
        }
    }

    /// <summary>The log has made something durable: wakes those who waited for it.</summary>
    public void OnDurable()
    {
        List<StreamFollower>? readable = null;
        lock (_gate)
        {
            _isNoted = false;
            AdvanceVisible();
            TakeReadable(ref readable);
            WantNotice();
        }

        StreamFollower.Wake(readable);
    }

    /// <summary>Has a reader woken when there is something behind its position; false: there is, or the stream is gone.</summary>
    public bool TryWait(StreamFollower reader)
    {
        lock (_gate)
        {
            AdvanceVisible();
            if (IsClosed || reader.Position < _visible)
            {
                return false;
            }

            if (reader.WaitingAt < 0)
            {
                reader.WaitingAt = (_waiting ??= []).Count;
                _waiting.Add(reader);
                _waitingFrom = Math.Min(_waitingFrom, reader.Position);
            }

            WantNotice();
            return true;
        }
    }

    /// <summary>False: it was woken already, or did not wait.</summary>
    public bool EndWait(StreamFollower reader)
    {
        lock (_gate)
        {
            if (reader.WaitingAt < 0)
            {
                return false;
            }

            // They may be very many, and their times end together: nobody is searched for.
            StreamFollower last = _waiting![^1];
            _waiting[reader.WaitingAt] = last;
            last.WaitingAt = reader.WaitingAt;
            _waiting.RemoveAt(_waiting.Count - 1);
            reader.WaitingAt = -1;
            return true;
        }
    }

    private void TakeReadable(ref List<StreamFollower>? readable)
    {
        // An append that is not durable makes none readable: it is not to look at thousands of them.
        if (_waiting is not { Count: > 0 } waiting || (!IsClosed && _waitingFrom >= _visible))
        {
            return;
        }

        _waitingFrom = long.MaxValue;
        int kept = 0;
        for (int i = 0; i < waiting.Count; i++)
        {
            StreamFollower reader = waiting[i];
            if (IsClosed || reader.Position < _visible)
            {
                reader.WaitingAt = -1;
                (readable ??= StreamFollower.RentWoken()).Add(reader);
            }
            else
            {
                reader.WaitingAt = kept;
                waiting[kept++] = reader;
                _waitingFrom = Math.Min(_waitingFrom, reader.Position);
            }
        }

        waiting.RemoveRange(kept, waiting.Count - kept);
    }
}
