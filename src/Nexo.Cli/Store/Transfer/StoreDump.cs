using System.Runtime.CompilerServices;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Store.Transfer;

/// <summary>
/// Reads every entry under a prefix: pages of keys, then values, hashes and expiries of a page together.
/// </summary>
internal sealed class StoreDump(NexoStore store, TimeProvider time, CancellationToken cancel)
{
    private const int PageKeys = 500;

    /// <summary>The entries, in no order. One that goes while it is read is left out.</summary>
    public async IAsyncEnumerable<StoreRecord> ReadAsync(
        byte[] prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ReadOnlyMemory<byte> cursor = default;
        do
        {
            StorePage page = await store.ScanPageAsync(prefix, cursor, PageKeys, cancel);
            foreach (StoreRecord record in await ReadPageAsync(page.Keys))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return record;
            }

            cursor = page.Cursor;
        }
        while (!cursor.IsEmpty);
    }

    /// <summary>The fields of a hash as a record holds them.</summary>
    public static IReadOnlyList<KeyValuePair<byte[], byte[]>> Pairs(StoreHash<ReadOnlyMemory<byte>> hash) =>
        [
            .. hash.Fields.Select(pair =>
                new KeyValuePair<byte[], byte[]>(pair.Key.ToBytes().ToArray(), pair.Value.ToArray())),
        ];

    private async Task<List<StoreRecord>> ReadPageAsync(IReadOnlyList<StoreKey> keys)
    {
        Task<Expiry>[] expiries = [.. keys.Select(key => ExpiryAsync(key.Key))];
        Dictionary<NexoKey, ReadOnlyMemory<byte>> values =
            await ReadValuesAsync([.. keys.Where(key => key.Kind == EntryKind.Value).Select(key => key.Key)]);
        var records = new List<StoreRecord>(keys.Count);
        for (int i = 0; i < keys.Count; i++)
        {
            NexoKey key = keys[i].Key;
            (bool isThere, long? expiresAtMs) = await expiries[i];
            if (!isThere)
            {
                continue;
            }

            byte[] name = key.ToBytes().ToArray();
            if (values.TryGetValue(key, out ReadOnlyMemory<byte> value))
            {
                records.Add(new StoreRecord(name, value.ToArray()) { ExpiresAtMs = expiresAtMs });
            }
            else if (keys[i].Kind == EntryKind.Hash
                && await store.HashGetAllBytesAsync(key, cancel) is { Found: true } hash)
            {
                records.Add(new StoreRecord(name, []) { Hash = Pairs(hash), ExpiresAtMs = expiresAtMs });
            }
        }

        return records;
    }

    // The server answers with the time that is left: it looked at its clock somewhere between question and answer.
    private async Task<Expiry> ExpiryAsync(NexoKey key)
    {
        DateTimeOffset asked = time.GetUtcNow();
        long started = time.GetTimestamp();
        StoreTtl ttl = await store.TtlAsync(key, cancel);
        DateTimeOffset looked = asked + (time.GetElapsedTime(started) / 2);
        return new Expiry(
            ttl.State != TtlState.NotFound,
            ttl.State == TtlState.Expires ? (looked + ttl.Remaining).ToUnixTimeMilliseconds() : null);
    }

    // Values that are together too large for one answer are asked for in halves.
    private async Task<Dictionary<NexoKey, ReadOnlyMemory<byte>>> ReadValuesAsync(NexoKey[] keys)
    {
        var values = new Dictionary<NexoKey, ReadOnlyMemory<byte>>(keys.Length);
        var parts = new Stack<NexoKey[]>([keys]);
        while (parts.TryPop(out NexoKey[]? part))
        {
            if (part.Length == 0)
            {
                continue;
            }

            if (part.Length == 1)
            {
                if (await store.GetBytesAsync(part[0], cancel) is { } entry)
                {
                    values[part[0]] = entry.Value;
                }

                continue;
            }

            try
            {
                IReadOnlyList<StoreItem<ReadOnlyMemory<byte>>> items = await store.GetManyBytesAsync(part, cancel);
                foreach ((NexoKey key, StoreItem<ReadOnlyMemory<byte>> item) in part.Zip(items))
                {
                    if (item.Found)
                    {
                        values[key] = item.Value;
                    }
                }
            }
            catch (NexoException tooLarge) when (tooLarge.Code == ErrorCode.ReplyTooLarge)
            {
                parts.Push(part[(part.Length / 2)..]);
                parts.Push(part[..(part.Length / 2)]);
            }
        }

        return values;
    }

    private readonly record struct Expiry(bool IsThere, long? AtMs);
}
