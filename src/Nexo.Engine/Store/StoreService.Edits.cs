namespace Nexo.Engine.Store;

/// <content>Commands that gateways need beside those of the native protocol.</content>
public sealed partial class StoreService
{
    /// <summary>Reads a value, which its sink gets in one piece.</summary>
    public StoreStatus Read<TSink>(ReadOnlySpan<byte> key, ref TSink sink)
        where TSink : struct, IValueSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).Read(key, hash, ref sink);
    }

    /// <summary>What a key is now, to be compared later.</summary>
    public StoreKeyState Look(ReadOnlySpan<byte> key)
    {
        if (!KeyValid(key))
        {
            return default;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).Look(key, hash);
    }

    /// <summary>
    /// As <see cref="Expire"/>, on a condition; <see cref="StoreStatus.ConditionFailed"/>: it does not hold.
    /// </summary>
    public StoreStatus ExpireIf(ReadOnlySpan<byte> key, StoreExpiry expiry, StoreExpiryCondition condition)
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
            status = shard.ExpireIf(key, hash, plan, condition);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>
    /// Writes bytes into a value from an offset on, with zeros before them where it is shorter; its expiry stays. Nothing to write
    /// changes nothing and makes no value.
    /// </summary>
    public StoreStatus Overwrite(
        ReadOnlySpan<byte> key, long offset, ReadOnlySpan<byte> bytes, out long length, out ulong version)
    {
        length = 0;
        version = 0;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        if (offset < 0)
        {
            return StoreStatus.InvalidArgument;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        StoreStatus status;
        int rounds = 0;
        do
        {
            status = shard.Overwrite(key, hash, offset, bytes, out length, out version);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>
    /// Adds to a value that is the text of a number with a fraction; a missing one begins at 0, the expiry stays. The sum's text is
    /// written to <paramref name="text"/>, which has room for <see cref="FractionText.BytesMax"/> bytes.
    /// </summary>
    public StoreStatus IncrementFraction(ReadOnlySpan<byte> key, ReadOnlySpan<byte> delta, Span<byte> text, out int length)
    {
        length = 0;
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
            status = shard.IncrementFraction(key, hash, delta, text, out length);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>As <see cref="IncrementFraction"/>, of a field of a hash.</summary>
    public StoreStatus HashIncrementFraction(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> field, ReadOnlySpan<byte> delta, Span<byte> text, out int length)
    {
        length = 0;
        if (!KeyValid(key) || field.Length > _limits.KeyBytesMax)
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        StoreStatus status;
        int rounds = 0;
        do
        {
            status = shard.HashIncrementFraction(key, hash, field, delta, text, out length);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>Sets a field unless it is there.</summary>
    public StoreStatus HashSetIfAbsent(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, out bool stored)
    {
        stored = false;
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
            status = shard.HashSetIfAbsent(key, hash, field, value, out stored);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>Gives some key to a sink; false: there is none.</summary>
    public bool TakeRandomKey<TSink>(ref TSink sink)
        where TSink : struct, IValueSink, allows ref struct
    {
        int first = Random.Shared.Next(_shards.Length);
        for (int i = 0; i < _shards.Length; i++)
        {
            if (_shards[(first + i) % _shards.Length].TakeRandomKey(ref sink))
            {
                return true;
            }
        }

        return false;
    }
}
