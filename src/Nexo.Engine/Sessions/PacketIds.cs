namespace Nexo.Engine.Sessions;

/// <summary>A set of packet ids, in order.</summary>
internal struct PacketIds
{
    private const int IdsAtFirst = 4;

    private ushort[]? _ids;

    public int Count { get; private set; }

    public readonly ReadOnlySpan<ushort> All => _ids.AsSpan(0, Count);

    public readonly bool Contains(ushort id) => All.BinarySearch(id) >= 0;

    public void Add(ushort id)
    {
        int at = All.BinarySearch(id);
        if (at >= 0)
        {
            return;
        }

        if (_ids is null || Count == _ids.Length)
        {
            Array.Resize(ref _ids, Math.Max(IdsAtFirst, Count * 2));
        }

        at = ~at;
        _ids.AsSpan(at, Count - at).CopyTo(_ids.AsSpan(at + 1));
        _ids[at] = id;
        Count++;
    }

    public bool Remove(ushort id)
    {
        int at = All.BinarySearch(id);
        if (at < 0)
        {
            return false;
        }

        Count--;
        _ids.AsSpan(at + 1, Count - at).CopyTo(_ids.AsSpan(at));
        return true;
    }
}
