using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <summary>What a pop takes, and where.</summary>
public enum StorePopKind : byte
{
    ListLeft,
    ListRight,

    /// <summary>The members of a sorted set with the lowest scores.</summary>
    ScoreMin,
    ScoreMax,
}

/// <summary>Takes what a <see cref="StorePop"/> has got.</summary>
public interface IStorePopTarget
{
    /// <summary>
    /// Takes one item, of a list with score 0; under a shard's lock: copy, and call nothing. False: it wants no more.
    /// </summary>
    bool Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> item, double score);

    /// <summary>
    /// A pop that had to wait is over. Called under no lock, by the thread whose write ended the wait. Anything but <see
    /// cref="StoreStatus.Ok"/>: why it got nothing.
    /// </summary>
    void Complete(StoreStatus status);
}

/// <summary>
/// A pop from the first of some keys that has anything, which may wait until one has: those that wait for a key are
/// served in the order in which they came.
/// </summary>
public sealed class StorePop
{
    private int _state;

    public StorePop(byte[][] keys, StorePopKind kind, IStorePopTarget target)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(target);
        Keys = keys;
        Kind = kind;
        Target = target;
        Nodes = new LinkedListNode<StorePop>?[keys.Length];
    }

    public long CountMax { get; init; } = 1;

    /// <summary>A list to which the element goes, if it does.</summary>
    public byte[]? Destination { get; init; }

    public ListEnd DestinationEnd { get; init; }

    internal byte[][] Keys { get; }

    internal StorePopKind Kind { get; }

    internal IStorePopTarget Target { get; }

    /// <summary>Where it waits, for each key; each guarded by the lock of the key's shard.</summary>
    internal LinkedListNode<StorePop>?[] Nodes { get; }

    internal bool IsWaiting => Volatile.Read(ref _state) == 0;

    internal bool IsOfList => Kind is StorePopKind.ListLeft or StorePopKind.ListRight;

    internal EntryFlags Type => IsOfList ? EntryFlags.List : EntryFlags.SortedSet;

    internal ListEnd End => Kind == StorePopKind.ListLeft ? ListEnd.Left : ListEnd.Right;

    /// <summary>For the one who serves it, or gives it up.</summary>
    internal bool TryClaim() => Interlocked.Exchange(ref _state, 1) == 0;

    internal StorePopSink SinkFor(ReadOnlySpan<byte> key) => new(Target, key);
}

/// <summary>Gives items to the target of a pop, with the key that they come from.</summary>
internal readonly ref struct StorePopSink(IStorePopTarget target, ReadOnlySpan<byte> key) : IBlobSink, IScoreSink
{
    private readonly ReadOnlySpan<byte> _key = key;

    public bool Add(ReadOnlySpan<byte> item) => Add(item, 0);

    public bool Add(ReadOnlySpan<byte> member, double score) => target.Add(_key, member, score);
}
