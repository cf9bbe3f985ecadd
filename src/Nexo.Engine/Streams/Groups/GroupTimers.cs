namespace Nexo.Engine.Streams;

/// <summary>
/// When groups with members have something to do by themselves. A tick looks at one number for each of them; groups without members are
/// not in it.
/// </summary>
internal sealed class GroupTimers
{
    public const int NotIn = -1;

    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private StreamGroup?[] _groups = [];
    private long[] _dueMs = [];
    private int _count;
    private int _isTicking;

    public int Add(StreamGroup group)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out int slot))
            {
                slot = _count++;
                if (slot == _groups.Length)
                {
                    Array.Resize(ref _groups, Math.Max(16, 2 * slot));
                    Array.Resize(ref _dueMs, _groups.Length);
                }
            }

            _groups[slot] = group;
            _dueMs[slot] = long.MaxValue;
            return slot;
        }
    }

    public void Remove(int slot)
    {
        lock (_gate)
        {
            _groups[slot] = null;
            _dueMs[slot] = long.MaxValue;
            _free.Push(slot);
        }
    }

    /// <summary>Under the group's lock.</summary>
    public void Set(int slot, long dueMs)
    {
        lock (_gate)
        {
            _dueMs[slot] = dueMs;
        }
    }

    /// <summary>Calls the groups whose time has come, without a lock. A call while another one is running does nothing.</summary>
    public void Tick(long nowMs)
    {
        if (Interlocked.Exchange(ref _isTicking, 1) != 0)
        {
            return;
        }

        int slot = 0;
        while (TryNext(nowMs, ref slot, out StreamGroup? group))
        {
            group!.OnDue(nowMs);
        }

        Volatile.Write(ref _isTicking, 0);
    }

    private bool TryNext(long nowMs, ref int slot, out StreamGroup? group)
    {
        lock (_gate)
        {
            for (; slot < _count; slot++)
            {
                if (_dueMs[slot] <= nowMs)
                {
                    group = _groups[slot++];
                    return true;
                }
            }

            group = null;
            return false;
        }
    }
}
