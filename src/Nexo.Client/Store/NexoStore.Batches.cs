using System.Runtime.CompilerServices;
using Nexo.Protocol;

namespace Nexo.Client;

/// <content>Many keys at once.</content>
public sealed partial class NexoStore
{
    private const int ScanPageKeys = 1_000;

    /// <summary>The values of many keys, in their order. A batch must fit a frame, and so must its answer.</summary>
    public ValueTask<IReadOnlyList<StoreItem<T>>> GetManyAsync<T>(
        IReadOnlyCollection<NexoKey> keys, CancellationToken cancellationToken = default) =>
        CallAsync<ItemsReader<T>, IReadOnlyList<StoreItem<T>>>(
            Opcode.StoreMultiGet, CallTraits.Idempotent, KeysBody(keys), new(_serializer, keys.Count),
                cancellationToken);

    /// <summary>The bytes of many keys' values, in their order.</summary>
    public ValueTask<IReadOnlyList<StoreItem<ReadOnlyMemory<byte>>>> GetManyBytesAsync(
        IReadOnlyCollection<NexoKey> keys, CancellationToken cancellationToken = default) =>
        CallAsync<ItemsReader<ReadOnlyMemory<byte>>, IReadOnlyList<StoreItem<ReadOnlyMemory<byte>>>>(
            Opcode.StoreMultiGet,
            CallTraits.Idempotent,
            KeysBody(keys),
            new(RawSerializer.Instance, keys.Count),
            cancellationToken);

    /// <summary>Sets many values, each of them atomically, the batch as a whole not. One answer per item, in their
    /// order.</summary>
    public ValueTask<IReadOnlyList<StoreSetItem>> SetManyAsync<T>(
        IReadOnlyCollection<KeyValuePair<NexoKey, T>> items,
        TimeSpan? ttl = null,
        CancellationToken cancellationToken = default) =>
        SetManyAsync(
            PairBodies.MultiSet(items, Expiry.AfterOrNone(ttl), _serializer), items.Count, cancellationToken);

    /// <summary>Sets many values to these bytes.</summary>
    public ValueTask<IReadOnlyList<StoreSetItem>> SetManyBytesAsync(
        IReadOnlyCollection<KeyValuePair<NexoKey, ReadOnlyMemory<byte>>> items,
        TimeSpan? ttl = null,
        CancellationToken cancellationToken = default) =>
        SetManyAsync(
            PairBodies.MultiSet(items, Expiry.AfterOrNone(ttl), RawSerializer.Instance), items.Count,
                cancellationToken);

    /// <summary>Deletes many keys and returns how many there were.</summary>
    public ValueTask<long> DeleteManyAsync(
        IReadOnlyCollection<NexoKey> keys, CancellationToken cancellationToken = default) =>
        CallAsync<CountReader, long>(
            Opcode.StoreMultiDelete, CallTraits.Idempotent, KeysBody(keys), default, cancellationToken);

    /// <summary>All keys under a prefix, page after page. A key that is there throughout is seen; one that comes or
    /// goes meanwhile may be.</summary>
    public async IAsyncEnumerable<StoreKey> ScanAsync(
        NexoKey prefix = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ReadOnlyMemory<byte> cursor = default;
        do
        {
            StorePage page = await ScanPageAsync(prefix, cursor, ScanPageKeys, cancellationToken).ConfigureAwait(false);
            foreach (StoreKey key in page.Keys)
            {
                yield return key;
            }

            cursor = page.Cursor;
        }
        while (!cursor.IsEmpty);
    }

    /// <summary>One page of a scan.</summary>
    /// <param name="prefix">What the keys start with.</param>
    /// <param name="cursor">Empty to start; else <see cref="StorePage.Cursor"/> of the page before.</param>
    /// <param name="limit">Most keys of the page: 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<StorePage> ScanPageAsync(
        NexoKey prefix,
        ReadOnlyMemory<byte> cursor = default,
        int limit = ScanPageKeys,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, (int)ScanRequest.LimitMax);
        Span<byte> scratch = stackalloc byte[KeyScratchBytes];
        FrameBuffer body = RequestBodies.Rent();
        new ScanRequest { Limit = (uint)limit, Cursor = cursor.Span, Prefix = prefix.Encode(scratch) }.Write(body);
        return CallAsync<PageReader, StorePage>(
            Opcode.StoreScan, CallTraits.Idempotent, body, default, cancellationToken);
    }

    /// <summary>How many keys are under a prefix. For a large store give it time: see
    /// <see cref="WithTimeout"/>.</summary>
    public ValueTask<long> CountAsync(NexoKey prefix = default, CancellationToken cancellationToken = default) =>
        CallAsync<CountReader, long>(
            Opcode.StoreCount, CallTraits.Idempotent, KeyBody(prefix), default, cancellationToken);

    /// <summary>Deletes all keys under a prefix and returns how many there were. For a large store give it time: see
    /// <see cref="WithTimeout"/>.</summary>
    public ValueTask<long> ClearAsync(NexoKey prefix, CancellationToken cancellationToken = default) =>
        CallAsync<CountReader, long>(
            Opcode.StoreClear, CallTraits.Idempotent, KeyBody(prefix), default, cancellationToken);

    private static FrameBuffer KeysBody(IReadOnlyCollection<NexoKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        FrameBuffer body = RequestBodies.Rent();
        body.WriteKeyList(keys);
        return body;
    }

    private ValueTask<IReadOnlyList<StoreSetItem>> SetManyAsync(
        FrameBuffer body, int count, CancellationToken cancellationToken) =>
        CallAsync<SetItemsReader, IReadOnlyList<StoreSetItem>>(
            Opcode.StoreMultiSet, CallTraits.Idempotent, body, new(count), cancellationToken);
}
