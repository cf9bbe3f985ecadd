namespace Nexo.Client;

/// <summary>What a slot is waiting for.</summary>
internal enum SlotState : byte
{
    Free = 0,

    /// <summary>The reply to a call.</summary>
    Waiting = 1,

    /// <summary>The reply to a call that nobody waits for any more.</summary>
    Abandoned = 2,

    /// <summary>Pushes.</summary>
    Subscribed = 3,

    /// <summary>The END of a subscription that was stopped.</summary>
    Stopping = 4,
}

/// <summary>One correlation.</summary>
internal struct Slot
{
    public SlotState State;
    public Operation? Operation;
    public Subscription? Subscription;
    public ILateReply? Late;
    public ushort Generation;
    public int NextFree;
}

/// <summary>
/// Correlations of one connection: <c>generation &lt;&lt; 16 | slot</c>, so finding the call of a reply is an index,
/// and a reply that comes twice is known for what it is. A slot is not used again before its last frame has come.
/// Guarded by the connection's gate.
/// </summary>
internal sealed class SlotTable
{
    public const int SlotsMax = 1 << SlotBits;

    private const int SlotBits = 16;
    private const int InitialSlots = 64;
    private const int None = -1;

    private Slot[] _slots = new Slot[InitialSlots];
    private int _firstFree = None;
    private int _used;

    /// <summary>Requests that the server has not answered, those that were abandoned included.</summary>
    public int InFlight { get; private set; }

    /// <summary>Slots that were ever used: all others are free.</summary>
    public int Used => _used;

    public bool IsFull => _firstFree == None && _used == SlotsMax;

    public ref Slot this[int index] => ref _slots[index];

    /// <summary>Takes a slot for a call. Its correlation is never 0.</summary>
    public int Add(Operation operation, out uint correlation)
    {
        int index = TakeFree();
        ref Slot slot = ref _slots[index];
        slot.Generation++;
        if (slot.Generation == 0)
        {
            slot.Generation = 1;
        }

        slot.State = SlotState.Waiting;
        slot.Operation = operation;
        slot.Subscription = operation.Subscription;
        slot.Late = operation.Late;
        InFlight++;
        correlation = CorrelationOf(index);
        return index;
    }

    /// <summary>Finds the slot of a correlation that is in use.</summary>
    public bool TryFind(uint correlation, out int index)
    {
        index = (int)(correlation & (SlotsMax - 1));
        return index < _used
            && _slots[index].State != SlotState.Free
            && _slots[index].Generation == correlation >> SlotBits;
    }

    public uint CorrelationOf(int index) => ((uint)_slots[index].Generation << SlotBits) | (uint)index;

    /// <summary>The request was answered; the slot stays in use.</summary>
    public void Answered() => InFlight--;

    public void Release(int index)
    {
        ref Slot slot = ref _slots[index];
        slot.State = SlotState.Free;
        slot.Operation = null;
        slot.Subscription = null;
        slot.Late = null;
        slot.NextFree = _firstFree;
        _firstFree = index;
    }

    private int TakeFree()
    {
        int index = _firstFree;
        if (index != None)
        {
            _firstFree = _slots[index].NextFree;
            return index;
        }

        if (_used == _slots.Length)
        {
            Array.Resize(ref _slots, Math.Min(_slots.Length * 2, SlotsMax));
        }

        return _used++;
    }
}
