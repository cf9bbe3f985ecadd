namespace Nexo.Engine.Queues;

/// <summary>Ids that follow each other, all with the same number of deliveries (0 where that does not matter).</summary>
internal struct IdRun(ulong first, uint deliveries)
{
    public ulong First = first;
    public uint Count = 1;
    public uint Deliveries = deliveries;
}

/// <summary>Gathers the ids of a record, runs of them where they lie close.</summary>
internal sealed class IdRuns
{
    private IdRun[] _runs = new IdRun[16];

    public int Count { get; private set; }

    public ReadOnlySpan<IdRun> Runs => _runs.AsSpan(0, Count);

    public void Add(ulong id, uint deliveries = 0)
    {
        if (Count > 0)
        {
            ref IdRun last = ref _runs[Count - 1];
            if (last.First + last.Count == id && last.Deliveries == deliveries && last.Count < uint.MaxValue)
            {
                last.Count++;
                return;
            }
        }

        if (Count == _runs.Length)
        {
            Array.Resize(ref _runs, 2 * Count);
        }

        _runs[Count++] = new IdRun(id, deliveries);
    }

    public void Clear() => Count = 0;
}
