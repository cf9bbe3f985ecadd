using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>What keys hold, in the words of Redis.</summary>
internal static class RespKinds
{
    public static ReadOnlySpan<byte> NameOf(StoreEntryKind kind) => kind switch
    {
        StoreEntryKind.Hash => "hash"u8,
        StoreEntryKind.List => "list"u8,
        StoreEntryKind.Set => "set"u8,
        StoreEntryKind.SortedSet => "zset"u8,
        _ => "string"u8,
    };

    /// <summary>The encoding that a large one has in Redis: what it is here is nobody's business.</summary>
    public static ReadOnlySpan<byte> EncodingOf(StoreEntryKind kind) => kind switch
    {
        StoreEntryKind.Hash or StoreEntryKind.Set => "hashtable"u8,
        StoreEntryKind.List => "quicklist"u8,
        StoreEntryKind.SortedSet => "skiplist"u8,
        _ => "raw"u8,
    };

    /// <summary>False: there is no such kind.</summary>
    public static bool TryRead(ReadOnlySpan<byte> name, out StoreEntryKind kind)
    {
        foreach (StoreEntryKind one in Enum.GetValues<StoreEntryKind>())
        {
            if (RespNumbers.IsWord(name, NameOf(one)))
            {
                kind = one;
                return true;
            }
        }

        kind = default;
        return false;
    }
}
