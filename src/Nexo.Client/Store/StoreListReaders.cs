using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// The items of a batch read. The list grows with what is there, never to a count that the server merely claims.
/// </summary>
internal readonly struct ItemsReader<T>(INexoSerializer serializer, int expected)
    : IReplyReader<IReadOnlyList<StoreItem<T>>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out IReadOnlyList<StoreItem<T>> result)
    {
        var reader = new BodyReader(body);
        result = [];
        if (!reader.TryReadUInt32(out uint count) || count != expected)
        {
            return false;
        }

        var items = new List<StoreItem<T>>(expected);
        for (uint i = 0; i < count; i++)
        {
            if (!MultiValueReply.TryReadItem(
                ref reader, out ErrorCode error, out bool found, out ulong version, out ReadOnlySpan<byte> value))
            {
                return false;
            }

            items.Add(new(error, found, version, found ? Values.Read<T>(serializer, value) : default));
        }

        result = items;
        return reader.AtEnd;
    }
}

/// <summary>The items of a batch write.</summary>
internal readonly struct SetItemsReader(int expected) : IReplyReader<IReadOnlyList<StoreSetItem>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out IReadOnlyList<StoreSetItem> result)
    {
        var reader = new BodyReader(body);
        result = [];
        if (!reader.TryReadUInt32(out uint count) || count != expected)
        {
            return false;
        }

        var items = new List<StoreSetItem>(expected);
        for (uint i = 0; i < count; i++)
        {
            if (!MultiSetRequest.TryReadReplyItem(ref reader, out ErrorCode error, out ulong version))
            {
                return false;
            }

            items.Add(new(error, version));
        }

        result = items;
        return reader.AtEnd;
    }
}

/// <summary>A page of a scan.</summary>
internal readonly struct PageReader : IReplyReader<StorePage>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StorePage result)
    {
        result = new StorePage([], default);
        if (!ScanReply.TryRead(body, out ScanReply reply))
        {
            return false;
        }

        var keys = new List<StoreKey>();
        for (uint i = 0; i < reply.Count; i++)
        {
            if (!reply.TryTake(out EntryKind kind, out ReadOnlySpan<byte> key))
            {
                return false;
            }

            keys.Add(new(key.ToArray(), kind));
        }

        result = new StorePage(keys, reply.Cursor.ToArray());
        return true;
    }
}

/// <summary>A whole hash.</summary>
internal readonly struct HashReader<T>(INexoSerializer serializer) : IReplyReader<StoreHash<T>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StoreHash<T> result)
    {
        bool read = HashReply.TryRead(body, out HashReply reply);
        var fields = new List<KeyValuePair<NexoKey, T>>();
        while (read && reply.Pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
        {
            fields.Add(new(field.ToArray(), Values.Read<T>(serializer, value)));
        }

        result = new StoreHash<T>(reply.Found, reply.Version, fields);
        return read;
    }
}
