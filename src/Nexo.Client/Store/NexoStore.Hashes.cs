using Nexo.Protocol;

namespace Nexo.Client;

/// <content>Hashes: entries of named fields, which live and die together.</content>
public sealed partial class NexoStore
{
    /// <summary>Sets one field; true when it is new.</summary>
    public async ValueTask<bool> HashSetAsync<T>(
        NexoKey key, NexoKey field, T value, CancellationToken cancellationToken = default) =>
        await HashSetAsync(PairBodies.HashSet<T>(key, [new(field, value)], _serializer), cancellationToken)
            .ConfigureAwait(false) == 1;

    /// <summary>Sets many fields, all or none, and returns how many are new.</summary>
    public ValueTask<long> HashSetAsync<T>(
        NexoKey key,
        IReadOnlyCollection<KeyValuePair<NexoKey, T>> fields,
        CancellationToken cancellationToken = default) =>
        HashSetAsync(PairBodies.HashSet(key, fields, _serializer), cancellationToken);

    /// <summary>Sets many fields to these bytes, all or none, and returns how many are new.</summary>
    public ValueTask<long> HashSetBytesAsync(
        NexoKey key,
        IReadOnlyCollection<KeyValuePair<NexoKey, ReadOnlyMemory<byte>>> fields,
        CancellationToken cancellationToken = default) =>
        HashSetAsync(PairBodies.HashSet(key, fields, RawSerializer.Instance), cancellationToken);

    /// <summary>The value of a field; the default of <typeparamref name="T"/> when there is none.</summary>
    public ValueTask<T?> HashGetAsync<T>(NexoKey key, NexoKey field, CancellationToken cancellationToken = default) =>
        CallAsync<ValueReader<T>, T?>(
            Opcode.StoreHashGet, CallTraits.Idempotent, FieldBody(key, field), new(_serializer), cancellationToken);

    /// <summary>The bytes of a field and the version of the entry; null when there is none.</summary>
    public ValueTask<StoreEntry<ReadOnlyMemory<byte>>?> HashGetBytesAsync(
        NexoKey key, NexoKey field, CancellationToken cancellationToken = default) =>
        CallAsync<EntryReader<ReadOnlyMemory<byte>>, StoreEntry<ReadOnlyMemory<byte>>?>(
            Opcode.StoreHashGet,
            CallTraits.Idempotent,
            FieldBody(key, field),
            new(RawSerializer.Instance),
            cancellationToken);

    /// <summary>The values of many fields, in their order.</summary>
    public ValueTask<IReadOnlyList<StoreItem<T>>> HashGetManyAsync<T>(
        NexoKey key, IReadOnlyCollection<NexoKey> fields, CancellationToken cancellationToken = default) =>
        CallAsync<ItemsReader<T>, IReadOnlyList<StoreItem<T>>>(
            Opcode.StoreHashMultiGet,
            CallTraits.Idempotent,
            FieldsBody(key, fields),
            new(_serializer, fields.Count),
            cancellationToken);

    /// <summary>The bytes of many fields, in their order.</summary>
    public ValueTask<IReadOnlyList<StoreItem<ReadOnlyMemory<byte>>>> HashGetManyBytesAsync(
        NexoKey key, IReadOnlyCollection<NexoKey> fields, CancellationToken cancellationToken = default) =>
        CallAsync<ItemsReader<ReadOnlyMemory<byte>>, IReadOnlyList<StoreItem<ReadOnlyMemory<byte>>>>(
            Opcode.StoreHashMultiGet,
            CallTraits.Idempotent,
            FieldsBody(key, fields),
            new(RawSerializer.Instance, fields.Count),
            cancellationToken);

    /// <summary>Removes fields and returns how many there were. The entry goes with its last field.</summary>
    public ValueTask<long> HashDeleteAsync(
        NexoKey key, IReadOnlyCollection<NexoKey> fields, CancellationToken cancellationToken = default) =>
        CallAsync<CountReader, long>(
            Opcode.StoreHashDelete, CallTraits.Idempotent, FieldsBody(key, fields), default, cancellationToken);

    /// <summary>All fields and their values.</summary>
    public ValueTask<StoreHash<T>> HashGetAllAsync<T>(NexoKey key, CancellationToken cancellationToken = default) =>
        CallAsync<HashReader<T>, StoreHash<T>>(
            Opcode.StoreHashGetAll, CallTraits.Idempotent, KeyBody(key), new(_serializer), cancellationToken);

    /// <summary>All fields and their bytes.</summary>
    public ValueTask<StoreHash<ReadOnlyMemory<byte>>> HashGetAllBytesAsync(
        NexoKey key, CancellationToken cancellationToken = default) =>
        CallAsync<HashReader<ReadOnlyMemory<byte>>, StoreHash<ReadOnlyMemory<byte>>>(
            Opcode.StoreHashGetAll, CallTraits.Idempotent, KeyBody(key), new(RawSerializer.Instance),
                cancellationToken);

    /// <summary>Adds to a counter in a field and returns its new value. An absent field counts from 0.</summary>
    public ValueTask<long> HashIncrementAsync(
        NexoKey key, NexoKey field, long delta = 1, CancellationToken cancellationToken = default)
    {
        Span<byte> keyScratch = stackalloc byte[KeyScratchBytes];
        Span<byte> fieldScratch = stackalloc byte[KeyScratchBytes];
        var request = new HashIncrementRequest
        {
            Delta = delta,
            Key = key.Encode(keyScratch),
            Field = field.Encode(fieldScratch),
        };
        FrameBuffer body = RequestBodies.Rent();
        request.Write(body);
        return CallAsync<NumberReader, long>(
            Opcode.StoreHashIncrement, CallTraits.None, body, default, cancellationToken);
    }

    /// <summary>How many fields a hash has; 0 when there is none.</summary>
    public ValueTask<long> HashLengthAsync(NexoKey key, CancellationToken cancellationToken = default) =>
        CallAsync<CountReader, long>(
            Opcode.StoreHashLength, CallTraits.Idempotent, KeyBody(key), default, cancellationToken);

    private static FrameBuffer FieldBody(NexoKey key, NexoKey field)
    {
        FrameBuffer body = RequestBodies.Rent();
        body.WriteKeyBlob(key);
        body.WriteKey(field);
        return body;
    }

    private static FrameBuffer FieldsBody(NexoKey key, IReadOnlyCollection<NexoKey> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        FrameBuffer body = RequestBodies.Rent();
        body.WriteKeyBlob(key);
        body.WriteKeyList(fields);
        return body;
    }

    private ValueTask<long> HashSetAsync(FrameBuffer body, CancellationToken cancellationToken) =>
        CallAsync<NumberReader, long>(
            Opcode.StoreHashSet, CallTraits.Idempotent, body, default, cancellationToken);
}
