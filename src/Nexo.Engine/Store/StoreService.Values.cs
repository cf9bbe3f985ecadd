using System.Buffers;

namespace Nexo.Engine.Store;

/// <content>The commands on values and on the life of entries: checks without a lock, then the shard.</content>
public sealed partial class StoreService
{
    /// <summary>Reads a value.</summary>
    public StoreStatus Get(ReadOnlySpan<byte> key, IBufferWriter<byte> value, out ulong version)
    {
        if (!KeyValid(key))
        {
            version = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).Get(key, hash, value, out version);
    }

    /// <summary>
    /// Stores a value, in place of whatever is there. Ok also when the condition did not hold: see <paramref
    /// name="result"/>.
    /// <paramref name="previous"/>, if given, takes the value that is there before; a hash is <see
    /// cref="StoreStatus.WrongType"/> then.
    /// </summary>
    public StoreStatus Set(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        in SetOptions options,
        IBufferWriter<byte>? previous,
        out SetResult result)
    {
        result = default;
        StoreStatus status = Plan(key, options.Expiry, out ExpiryPlan plan);
        if (status != StoreStatus.Ok || value.Length > _limits.ValueBytesMax)
        {
            return status != StoreStatus.Ok ? status : StoreStatus.ValueTooLarge;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        int rounds = 0;
        do
        {
            status = shard.Set(key, hash, value, options.Condition, plan, previous, out result);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>
    /// Deletes an entry of either kind; <paramref name="version"/> is that of the entry that is, or was, there.
    /// </summary>
    public StoreStatus Delete(ReadOnlySpan<byte> key, in StoreCondition condition, out ulong version)
    {
        if (!KeyValid(key))
        {
            version = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).Delete(key, hash, condition, out version);
    }

    public bool Exists(ReadOnlySpan<byte> key)
    {
        if (!KeyValid(key))
        {
            return false;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).Exists(key, hash);
    }

    /// <summary>What is left of an entry's life; -1: it does not expire.</summary>
    public StoreStatus Ttl(ReadOnlySpan<byte> key, out long remainingMs)
    {
        if (!KeyValid(key))
        {
            remainingMs = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).Ttl(key, hash, out remainingMs);
    }

    /// <summary>The moment on the wall clock at which an entry's life ends, Unix milliseconds; -1: it does not expire.</summary>
    public StoreStatus Moment(ReadOnlySpan<byte> key, out long wallMs)
    {
        if (!KeyValid(key))
        {
            wallMs = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).Moment(key, hash, out wallMs);
    }

    /// <summary>
    /// Sets the life of an entry of either kind; its version stays. None makes it stay for good, an absolute moment
    /// that has passed removes it.
    /// </summary>
    public StoreStatus Expire(ReadOnlySpan<byte> key, StoreExpiry expiry)
    {
        StoreStatus status = Plan(key, expiry, out ExpiryPlan plan);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        int rounds = 0;
        do
        {
            status = shard.Expire(key, hash, plan);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>Reads a value and deletes it.</summary>
    public StoreStatus Take(ReadOnlySpan<byte> key, IBufferWriter<byte> value, out ulong version)
    {
        if (!KeyValid(key))
        {
            version = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).Take(key, hash, value, out version);
    }

    /// <summary>Reads a value and sets its life, as <see cref="Expire"/> does.</summary>
    public StoreStatus Touch(ReadOnlySpan<byte> key, StoreExpiry expiry, IBufferWriter<byte> value, out ulong version)
    {
        version = 0;
        StoreStatus status = Plan(key, expiry, out ExpiryPlan plan);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        int rounds = 0;
        do
        {
            status = shard.Touch(key, hash, plan, value, out version);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>
    /// Adds to a counter, which is a value of decimal text; a missing one begins at 0, with <paramref
    /// name="expiryIfCreated"/>. The expiry of one that is there stays.
    /// </summary>
    public StoreStatus Increment(
        ReadOnlySpan<byte> key, long delta, StoreExpiry expiryIfCreated, out long value, out ulong version)
    {
        value = 0;
        version = 0;
        StoreStatus status = Plan(key, expiryIfCreated, out ExpiryPlan plan);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        int rounds = 0;
        do
        {
            status = shard.Increment(key, hash, delta, plan, out value, out version);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>Adds bytes to the end of a value; its expiry stays.</summary>
    public StoreStatus Append(ReadOnlySpan<byte> key, ReadOnlySpan<byte> suffix, out long length, out ulong version)
    {
        length = 0;
        version = 0;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        StoreStatus status;
        int rounds = 0;
        do
        {
            status = shard.Append(key, hash, suffix, out length, out version);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    public StoreStatus Length(ReadOnlySpan<byte> key, out long length)
    {
        if (!KeyValid(key))
        {
            length = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).Length(key, hash, out length);
    }

    /// <summary>
    /// Reads the bytes from <paramref name="first"/> to <paramref name="last"/>, both included; negative: from the
    /// end.
    /// </summary>
    public StoreStatus Range(
        ReadOnlySpan<byte> key, long first, long last, IBufferWriter<byte> value, out ulong version)
    {
        if (!KeyValid(key))
        {
            version = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).Range(key, hash, first, last, value, out version);
    }

    private StoreStatus Plan(ReadOnlySpan<byte> key, StoreExpiry expiry, out ExpiryPlan plan)
    {
        if (KeyValid(key))
        {
            return ExpiryPlan.TryMake(expiry, _limits, _clock, out plan);
        }

        plan = default;
        return StoreStatus.KeyInvalid;
    }
}
