using System.Buffers;
using Nexo.Protocol;

namespace Nexo.Client;

/// <content>One key, one value.</content>
public sealed partial class NexoStore
{
    /// <summary>The value of a key; the default of <typeparamref name="T"/> when there is none. Use
    /// <see cref="GetEntryAsync"/> to tell the two apart.</summary>
    public ValueTask<T?> GetAsync<T>(NexoKey key, CancellationToken cancellationToken = default) =>
        CallAsync<ValueReader<T>, T?>(
            Opcode.StoreGet, CallTraits.Idempotent, KeyBody(key), new(_serializer), cancellationToken);

    /// <summary>The value of a key with its version; null when there is none.</summary>
    public ValueTask<StoreEntry<T>?> GetEntryAsync<T>(NexoKey key, CancellationToken cancellationToken = default) =>
        CallAsync<EntryReader<T>, StoreEntry<T>?>(
            Opcode.StoreGet, CallTraits.Idempotent, KeyBody(key), new(_serializer), cancellationToken);

    /// <summary>The bytes of a key's value with its version; null when there is none.</summary>
    public ValueTask<StoreEntry<ReadOnlyMemory<byte>>?> GetBytesAsync(
        NexoKey key, CancellationToken cancellationToken = default) =>
        CallAsync<EntryReader<ReadOnlyMemory<byte>>, StoreEntry<ReadOnlyMemory<byte>>?>(
            Opcode.StoreGet, CallTraits.Idempotent, KeyBody(key), new(RawSerializer.Instance), cancellationToken);

    /// <summary>Writes the bytes of a key's value to <paramref name="destination"/>, which must not be used before the
    /// call has ended. Allocates nothing.</summary>
    public ValueTask<StoreLookup> GetAsync(
        NexoKey key, IBufferWriter<byte> destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return CallAsync<BufferReader, StoreLookup>(
            Opcode.StoreGet, CallTraits.Idempotent, KeyBody(key), new(destination), cancellationToken);
    }

    /// <summary>Sets a value.</summary>
    public ValueTask<StoreSetResult> SetAsync<T>(
        NexoKey key, T value, StoreSetOptions? options = null, CancellationToken cancellationToken = default)
    {
        FrameBuffer bytes = Serialize(value);
        FrameBuffer body = SetBody(key, bytes.Written, options.GetValueOrDefault(), returnPrevious: false);
        RequestBodies.Return(bytes);
        return SetAsync(body, options.GetValueOrDefault(), cancellationToken);
    }

    /// <summary>Sets a value to these bytes.</summary>
    public ValueTask<StoreSetResult> SetBytesAsync(
        NexoKey key,
        ReadOnlyMemory<byte> value,
        StoreSetOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        FrameBuffer body = SetBody(key, value, options.GetValueOrDefault(), returnPrevious: false);
        return SetAsync(body, options.GetValueOrDefault(), cancellationToken);
    }

    /// <summary>Sets a value and returns the one before (GETSET).</summary>
    public ValueTask<StoreSwapResult<T>> SwapAsync<T>(
        NexoKey key, T value, StoreSetOptions? options = null, CancellationToken cancellationToken = default)
    {
        FrameBuffer bytes = Serialize(value);
        FrameBuffer body = SetBody(key, bytes.Written, options.GetValueOrDefault(), returnPrevious: true);
        RequestBodies.Return(bytes);
        return CallAsync<SwapReader<T>, StoreSwapResult<T>>(
            Opcode.StoreSet, CallTraits.None, body, new(_serializer), cancellationToken);
    }

    /// <summary>Sets a value to these bytes and returns the bytes before.</summary>
    public ValueTask<StoreSwapResult<ReadOnlyMemory<byte>>> SwapBytesAsync(
        NexoKey key,
        ReadOnlyMemory<byte> value,
        StoreSetOptions? options = null,
        CancellationToken cancellationToken = default) =>
        CallAsync<SwapReader<ReadOnlyMemory<byte>>, StoreSwapResult<ReadOnlyMemory<byte>>>(
            Opcode.StoreSet,
            CallTraits.None,
            SetBody(key, value, options.GetValueOrDefault(), returnPrevious: true),
            new(RawSerializer.Instance),
            cancellationToken);

    /// <summary>Removes a key and returns what it held (GETDEL); null when there was none.</summary>
    public ValueTask<StoreEntry<T>?> TakeAsync<T>(NexoKey key, CancellationToken cancellationToken = default) =>
        CallAsync<EntryReader<T>, StoreEntry<T>?>(
            Opcode.StoreTake, CallTraits.None, KeyBody(key), new(_serializer), cancellationToken);

    /// <summary>Removes a key and returns the bytes that it held; null when there was none.</summary>
    public ValueTask<StoreEntry<ReadOnlyMemory<byte>>?> TakeBytesAsync(
        NexoKey key, CancellationToken cancellationToken = default) =>
        CallAsync<EntryReader<ReadOnlyMemory<byte>>, StoreEntry<ReadOnlyMemory<byte>>?>(
            Opcode.StoreTake, CallTraits.None, KeyBody(key), new(RawSerializer.Instance), cancellationToken);

    /// <summary>The value of a key, which gets a new time to live (GETEX); without <paramref name="ttl"/> it no longer
    /// expires.</summary>
    public ValueTask<StoreEntry<T>?> TouchAsync<T>(
        NexoKey key, TimeSpan? ttl, CancellationToken cancellationToken = default) =>
        CallAsync<EntryReader<T>, StoreEntry<T>?>(
            Opcode.StoreTouch,
            CallTraits.Idempotent,
            ExpiryBody(key, Expiry.AfterOrNone(ttl)),
            new(_serializer),
            cancellationToken);

    /// <summary>The bytes of a key's value, which gets a new time to live.</summary>
    public ValueTask<StoreEntry<ReadOnlyMemory<byte>>?> TouchBytesAsync(
        NexoKey key, TimeSpan? ttl, CancellationToken cancellationToken = default) =>
        CallAsync<EntryReader<ReadOnlyMemory<byte>>, StoreEntry<ReadOnlyMemory<byte>>?>(
            Opcode.StoreTouch,
            CallTraits.Idempotent,
            ExpiryBody(key, Expiry.AfterOrNone(ttl)),
            new(RawSerializer.Instance),
            cancellationToken);

    private static FrameBuffer SetBody(
        NexoKey key, ReadOnlyMemory<byte> value, in StoreSetOptions options, bool returnPrevious)
    {
        Span<byte> scratch = stackalloc byte[KeyScratchBytes];
        var request = new SetRequest
        {
            Key = key.Encode(scratch),
            Value = value.Span,
            Condition = options.When.ToCondition(),
            Expiry = options.ToExpiry(),
            ReturnPrevious = returnPrevious,
        };
        FrameBuffer body = RequestBodies.Rent();
        request.Write(body);
        return body;
    }

    // Setting the same value twice is as good as once, unless a condition looks at what the first one did.
    private ValueTask<StoreSetResult> SetAsync(
        FrameBuffer body, in StoreSetOptions options, CancellationToken cancellationToken) =>
        CallAsync<SetReader, StoreSetResult>(
            Opcode.StoreSet,
            options.When.Kind is ConditionKind.None or ConditionKind.IfPresent
                ? CallTraits.Idempotent : CallTraits.None,
            body,
            default,
            cancellationToken);

    private FrameBuffer Serialize<T>(T value)
    {
        FrameBuffer bytes = RequestBodies.Rent();
        Values.Write(_serializer, bytes, value);
        return bytes;
    }
}
