namespace Nexo.Engine.Store;

/// <summary>Whether an entry is one value or a hash of fields.</summary>
public enum StoreEntryKind : byte
{
    Value,
    Hash,
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
