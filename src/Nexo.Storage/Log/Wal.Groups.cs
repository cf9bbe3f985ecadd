namespace Nexo.Storage;

/// <content>
/// Records that belong together: a commit is read back as a whole or not at all, so they are written in one. While a group is open
/// nothing is taken to be written; the writer, when it is kept from that, keeps others from beginning groups, and so is not kept long.
/// </content>
public sealed partial class Wal
{
    // All of these change under the append lock only.
    private int _openGroups;
    private long _groupFrom;
    private long _groupRecords;
    private bool _isTakeHeldUp;

    // Of the buffer that is being written. The writer's.
    private int _takenGroup;

    /// <summary>True while the writer waits for groups to end, and others for the writer.</summary>
    internal bool IsTakeHeldUp => Volatile.Read(ref _isTakeHeldUp);

    /// <inheritdoc/>
    public void BeginGroup()
    {
        var wait = default(SpinWait);
        while (!TryBeginGroup())
        {
            wait.SpinOnce();
        }
    }

    /// <inheritdoc/>
    public void EndGroup()
    {
        bool wake = false;
        lock (_appendLock)
        {
            if (--_openGroups == 0)
            {
                _filling.AddGroup(_groupFrom, _groupRecords);
                wake = _isTakeHeldUp;
            }
        }

        if (wake)
        {
            Wake();
        }
    }

    private bool TryBeginGroup()
    {
        lock (_appendLock)
        {
            if (_isTakeHeldUp && !_stopped && !_options.Manual && !Volatile.Read(ref _closing))
            {
                return false;
            }

            if (_openGroups++ == 0)
            {
                _groupFrom = _filling.Length;
                _groupRecords = _filling.Records;
            }

            return true;
        }
    }

    /// <summary>Under the append lock: there is something to be written, and nobody is in the midst of a group.</summary>
    private bool MayTake()
    {
        // A log that is closed does not wait for one who has not come to his end.
        if (_openGroups == 0 || Volatile.Read(ref _closing))
        {
            return true;
        }

        // Until it has been taken: it would be anybody's guess who comes first otherwise, the writer or the next group.
        _isTakeHeldUp = true;
        return false;
    }

    /// <summary>The bytes from an offset on that are not to be parted, and how many records they are.</summary>
    private int UnitAt(long offset, out int records)
    {
        IReadOnlyList<RecordGroup> groups = _inFlight.Groups;
        while (_takenGroup < groups.Count && groups[_takenGroup].From < offset)
        {
            _takenGroup++;
        }

        if (_takenGroup < groups.Count && groups[_takenGroup].From == offset)
        {
            records = checked((int)groups[_takenGroup].Records);
            return checked((int)groups[_takenGroup].Bytes);
        }

        records = 1;
        return LogRecord.SizeOf(_inFlight.Slice(offset, LogRecord.HeaderSize));
    }
}
