namespace Nexo.Engine.Store;

/// <summary>What an entry is. The numbers are those of the wire.</summary>
public enum StoreEntryKind : byte
{
    Value = 0,
    Hash = 1,
    List = 2,
    Set = 3,
    SortedSet = 4,
}

/// <summary>
/// Gives pairs of byte strings one after the other. Implemented by structs that hold their whole position, because the
/// store reads them twice: a copy first, to check everything, then the original.
/// </summary>
public interface IPairSource
{
    /// <summary>Takes the next pair; false at the end.</summary>
    bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second);
}

/// <summary>Gives byte strings one after the other; see <see cref="IPairSource"/> for who may implement it.</summary>
public interface IBlobSource
{
    /// <summary>Takes the next item; false at the end.</summary>
    bool TryTake(out ReadOnlySpan<byte> item);
}

/// <summary>
/// Takes the fields of a hash. Called under a shard's lock: copy, do not block, do not call the store.
/// </summary>
public interface IHashSink
{
    /// <summary>Takes one field; false stops the listing.</summary>
    bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value);
}

/// <summary>Takes the answers to a list of fields, in their order, under a shard's lock.</summary>
public interface IFieldSink
{
    /// <summary>Takes one answer; false: it can take no more, the fields that are left are not looked up.</summary>
    bool Add(bool found, ReadOnlySpan<byte> value);
}

/// <summary>Takes the keys of a scan, under a shard's lock.</summary>
public interface IScanSink
{
    /// <summary>Takes one key; false ends the page before this key.</summary>
    bool Add(StoreEntryKind kind, ReadOnlySpan<byte> key);
}

/// <summary>Takes elements or members, in their order, under a shard's lock.</summary>
public interface IBlobSink
{
    /// <summary>Takes one; false: it wants no more.</summary>
    bool Add(ReadOnlySpan<byte> item);
}

/// <summary>Takes ranks, under a shard's lock.</summary>
public interface IRankSink
{
    /// <summary>Takes one; false: it wants no more.</summary>
    bool Add(long rank);
}

/// <summary>An end of a list.</summary>
public enum ListEnd : byte
{
    /// <summary>Where the element with rank 0 is.</summary>
    Left,
    Right,
}

/// <summary>What is looked for in a list.</summary>
/// <param name="Nth">The how-manieth match is the first to be told; negative: counted from the right.</param>
/// <param name="CountMax">Matches to be told at most; 0: all.</param>
/// <param name="LookMax">Elements to be looked at; 0: all.</param>
public readonly record struct ListSearch(long Nth, long CountMax, long LookMax);

/// <summary>Takes members of a sorted set with their scores, under a shard's lock.</summary>
public interface IScoreSink
{
    /// <summary>Takes one; false: it wants no more.</summary>
    bool Add(ReadOnlySpan<byte> member, double score);
}
