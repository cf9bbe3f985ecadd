using Nexo.Protocol;

namespace Nexo.Client;

/// <content>Keys: deleting them, their life, numbers and pieces of values.</content>
public sealed partial class NexoStore
{
    /// <summary>Deletes a key, of whatever kind.</summary>
    /// <param name="key">The key.</param>
    /// <param name="when"><see cref="StoreWhen.Always"/>, <see cref="StoreWhen.IfVersion"/> or
    /// <see cref="StoreWhen.IfValue"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<StoreDeleteResult> DeleteAsync(
        NexoKey key, StoreWhen when = default, CancellationToken cancellationToken = default)
    {
        if (when.Kind is ConditionKind.IfAbsent or ConditionKind.IfPresent)
        {
            throw new ArgumentException("A delete takes no condition but IfVersion and IfValue.", nameof(when));
        }

        Span<byte> scratch = stackalloc byte[KeyScratchBytes];
        FrameBuffer body = RequestBodies.Rent();
        new DeleteRequest { Condition = when.ToCondition(), Key = key.Encode(scratch) }.Write(body);
        CallTraits traits = when.Kind == ConditionKind.None ? CallTraits.Idempotent : CallTraits.None;
        return CallAsync<DeleteReader, StoreDeleteResult>(
            Opcode.StoreDelete, traits, body, default, cancellationToken);
    }

    /// <summary>Whether a key exists, of whatever kind.</summary>
    public ValueTask<bool> ExistsAsync(NexoKey key, CancellationToken cancellationToken = default) =>
        CallAsync<FlagReader, bool>(
            Opcode.StoreExists, CallTraits.Idempotent, KeyBody(key), default, cancellationToken);

    /// <summary>How long a key has to live.</summary>
    public ValueTask<StoreTtl> TtlAsync(NexoKey key, CancellationToken cancellationToken = default) =>
        CallAsync<TtlReader, StoreTtl>(
            Opcode.StoreTtl, CallTraits.Idempotent, KeyBody(key), default, cancellationToken);

    /// <summary>Lets a key live this long from now; false when there is no such key.</summary>
    public ValueTask<bool> ExpireAsync(NexoKey key, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        ExpireAsync(key, Expiry.After(ttl), cancellationToken);

    /// <summary>Lets a key live until then; a moment that has passed removes it. False when there is no such
    /// key.</summary>
    public ValueTask<bool> ExpireAsync(
        NexoKey key, DateTimeOffset expiresAt, CancellationToken cancellationToken = default) =>
        ExpireAsync(key, Expiry.At(expiresAt), cancellationToken);

    /// <summary>Lets a key live for ever; false when there is no such key.</summary>
    public ValueTask<bool> PersistAsync(NexoKey key, CancellationToken cancellationToken = default) =>
        ExpireAsync(key, Expiry.None, cancellationToken);

    /// <summary>Adds to a counter and returns its new value. An absent key counts from 0.</summary>
    /// <param name="key">The key.</param>
    /// <param name="delta">What to add; may be negative. Overflow is an error.</param>
    /// <param name="ttlIfCreated">The life of the entry if this call creates it; else what it has is kept.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<long> IncrementAsync(
        NexoKey key, long delta = 1, TimeSpan? ttlIfCreated = null, CancellationToken cancellationToken = default)
    {
        Span<byte> scratch = stackalloc byte[KeyScratchBytes];
        var request = new IncrementRequest
        {
            Delta = delta,
            Expiry = Expiry.AfterOrNone(ttlIfCreated),
            Key = key.Encode(scratch),
        };
        FrameBuffer body = RequestBodies.Rent();
        request.Write(body);
        return CallAsync<NumberReader, long>(Opcode.StoreIncrement, CallTraits.None, body, default, cancellationToken);
    }

    /// <summary>Subtracts from a counter and returns its new value. An absent key counts from 0.</summary>
    public ValueTask<long> DecrementAsync(
        NexoKey key, long delta = 1, TimeSpan? ttlIfCreated = null, CancellationToken cancellationToken = default) =>
        IncrementAsync(key, checked(-delta), ttlIfCreated, cancellationToken);

    /// <summary>Adds bytes to the end of a value, which may be absent, and returns its new length.</summary>
    public ValueTask<long> AppendAsync(
        NexoKey key, ReadOnlyMemory<byte> suffix, CancellationToken cancellationToken = default)
    {
        Span<byte> scratch = stackalloc byte[KeyScratchBytes];
        FrameBuffer body = RequestBodies.Rent();
        new KeyedRequest { Key = key.Encode(scratch), Operand = suffix.Span }.Write(body);
        return CallAsync<NumberReader, long>(Opcode.StoreAppend, CallTraits.None, body, default, cancellationToken);
    }

    /// <summary>Bytes of a value; null when there is none.</summary>
    public ValueTask<long?> LengthAsync(NexoKey key, CancellationToken cancellationToken = default) =>
        CallAsync<LengthReader, long?>(
            Opcode.StoreLength, CallTraits.Idempotent, KeyBody(key), default, cancellationToken);

    /// <summary>A piece of a value: the bytes from <paramref name="first"/> to <paramref name="last"/>, both included;
    /// negative positions count from the end. Null when there is no entry.</summary>
    public ValueTask<StoreEntry<ReadOnlyMemory<byte>>?> RangeAsync(
        NexoKey key, long first, long last = -1, CancellationToken cancellationToken = default)
    {
        Span<byte> scratch = stackalloc byte[KeyScratchBytes];
        FrameBuffer body = RequestBodies.Rent();
        new RangeRequest { First = first, Last = last, Key = key.Encode(scratch) }.Write(body);
        return CallAsync<EntryReader<ReadOnlyMemory<byte>>, StoreEntry<ReadOnlyMemory<byte>>?>(
            Opcode.StoreRange, CallTraits.Idempotent, body, new(RawSerializer.Instance), cancellationToken);
    }

    private static FrameBuffer ExpiryBody(NexoKey key, StoreExpiry expiry)
    {
        Span<byte> scratch = stackalloc byte[KeyScratchBytes];
        FrameBuffer body = RequestBodies.Rent();
        new ExpiryRequest { Expiry = expiry, Key = key.Encode(scratch) }.Write(body);
        return body;
    }

    private ValueTask<bool> ExpireAsync(NexoKey key, StoreExpiry expiry, CancellationToken cancellationToken) =>
        CallAsync<FlagReader, bool>(
            Opcode.StoreExpire, CallTraits.Idempotent, ExpiryBody(key, expiry), default, cancellationToken);
}
