namespace Nexo.Engine.Memory;

/// <content>Credit from the memory budget: reserved before a write is decided, used up as slots are taken.</content>
internal sealed unsafe partial class Arena
{
    /// <summary>What the structures' own growth took beyond the credit; the next reservation covers it.</summary>
    public long Overdrawn => Math.Max(0, -_credit);

    /// <summary>More is in use than the limit allows, as after a recovery with a lower one.</summary>
    public bool OverLimit => _budget.Available < 0;

    /// <summary>
    /// Makes sure that so many bytes can be allocated; false: the limit is reached, or the page ids do not suffice.
    /// </summary>
    public bool TryReserve(long bytes)
    {
        if (!HasIdsFor(bytes))
        {
            return false;
        }

        if (_credit < 0 && _budget.BytesMax == 0)
        {
            // In use since a recovery, or by a structure's growth: the process has it already, so it is not asked for again.
            SettleOverdraft();
        }

        if (_credit < bytes)
        {
            if (!_budget.TryTake(bytes - _credit, out long taken))
            {
                return false;
            }

            _credit += taken;
        }

        _reserved = bytes;
        return true;
    }

    /// <summary>Whether the page ids suffice for so many bytes more, whatever the limit says.</summary>
    /// <remarks>Each block is larger than a slot can be; of pages, each size class needs at most one and then some.</remarks>
    public bool HasIdsFor(long bytes) =>
        _freePageIdCount + _pageIdMax + 1L - _pageCount
            >= SizeClasses.Count + (bytes / (_slotGranulesMax * SizeClasses.GranuleBytes));

    /// <summary>Gives the credit that is not used back, for another arena to take.</summary>
    public void ReturnCredit()
    {
        _budget.Return(_credit);
        _credit = 0;
        _reserved = 0;
    }

    /// <summary>
    /// Enters what was taken without asking into the budget, even beyond its limit: other arenas must not give it away.
    /// </summary>
    public void SettleOverdraft()
    {
        if (_credit < 0)
        {
            _budget.Take(-_credit);
            _credit = 0;
        }
    }

    private void Charge(long bytes)
    {
        UsedBytes += bytes;
        _credit -= bytes;
        if (bytes > 0)
        {
            _reserved = Math.Max(0, _reserved - bytes);
            return;
        }

        // What is freed goes back beyond a few chunks, but never what the write in progress has reserved.
        if (_credit > (CreditChunksKept * _budget.ChunkBytes) + _reserved)
        {
            long excess = _credit - _budget.ChunkBytes - _reserved;
            _credit -= excess;
            _budget.Return(excess);
        }
    }
}
