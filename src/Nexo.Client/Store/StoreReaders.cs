using System.Buffers;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>A value, or the default of its type.</summary>
internal readonly struct ValueReader<T>(INexoSerializer serializer) : IReplyReader<T?>
{
    public bool TryRead(ReadOnlySpan<byte> body, out T? result)
    {
        bool read = ValueReply.TryRead(body, out ValueReply reply);
        result = reply.Found ? Values.Read<T>(serializer, reply.Value) : default;
        return read;
    }
}

/// <summary>A value with its version, or null.</summary>
internal readonly struct EntryReader<T>(INexoSerializer serializer) : IReplyReader<StoreEntry<T>?>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StoreEntry<T>? result)
    {
        bool read = ValueReply.TryRead(body, out ValueReply reply);
        result = reply.Found ? new(Values.Read<T>(serializer, reply.Value), reply.Version) : null;
        return read;
    }
}

/// <summary>A value, written to a buffer of the caller's.</summary>
internal readonly struct BufferReader(IBufferWriter<byte> destination) : IReplyReader<StoreLookup>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StoreLookup result)
    {
        bool read = ValueReply.TryRead(body, out ValueReply reply);
        if (reply.Found)
        {
            destination.Write(reply.Value);
        }

        result = new StoreLookup(reply.Found, reply.Version);
        return read;
    }
}

/// <summary>The answer to SET.</summary>
internal readonly struct SetReader : IReplyReader<StoreSetResult>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StoreSetResult result)
    {
        bool read = SetReply.TryRead(body, out SetReply reply);
        result = new StoreSetResult(reply.Stored, reply.Version);
        return read;
    }
}

/// <summary>The answer to SET with the value before.</summary>
internal readonly struct SwapReader<T>(INexoSerializer serializer) : IReplyReader<StoreSwapResult<T>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StoreSwapResult<T> result)
    {
        bool read = SetReply.TryRead(body, out SetReply reply);
        T? previous = reply.PreviousFound ? Values.Read<T>(serializer, reply.Previous) : default;
        result = new StoreSwapResult<T>(reply.Stored, reply.Version, reply.PreviousFound, previous);
        return read;
    }
}

/// <summary>The answer to DELETE.</summary>
internal readonly struct DeleteReader : IReplyReader<StoreDeleteResult>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StoreDeleteResult result)
    {
        bool read = DeleteReply.TryRead(body, out DeleteReply reply);
        result = new StoreDeleteResult(reply.Outcome, reply.Version);
        return read && reply.Outcome <= DeleteOutcome.ConditionFailed;
    }
}

/// <summary>A count that is 0 or 1.</summary>
internal readonly struct FlagReader : IReplyReader<bool>
{
    public bool TryRead(ReadOnlySpan<byte> body, out bool result)
    {
        bool read = CountReply.TryRead(body, out CountReply reply);
        result = reply.Count != 0;
        return read;
    }
}

/// <summary>A count.</summary>
internal readonly struct CountReader : IReplyReader<long>
{
    public bool TryRead(ReadOnlySpan<byte> body, out long result)
    {
        bool read = CountReply.TryRead(body, out CountReply reply);
        result = reply.Count;
        return read;
    }
}

/// <summary>A length in bytes, or null.</summary>
internal readonly struct LengthReader : IReplyReader<long?>
{
    public bool TryRead(ReadOnlySpan<byte> body, out long? result)
    {
        bool read = CountReply.TryRead(body, out CountReply reply);
        result = reply.Count < 0 ? null : reply.Count;
        return read;
    }
}

/// <summary>A number; its version is not asked for.</summary>
internal readonly struct NumberReader : IReplyReader<long>
{
    public bool TryRead(ReadOnlySpan<byte> body, out long result)
    {
        bool read = NumberReply.TryRead(body, out NumberReply reply);
        result = reply.Value;
        return read;
    }
}

/// <summary>A time to live.</summary>
internal readonly struct TtlReader : IReplyReader<StoreTtl>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StoreTtl result)
    {
        bool read = TtlReply.TryRead(body, out TtlReply reply);
        bool inRange = reply.RemainingMs >= 0 && reply.RemainingMs <= (long)TimeSpan.MaxValue.TotalMilliseconds;
        result = new StoreTtl(reply.State, inRange ? TimeSpan.FromMilliseconds(reply.RemainingMs) : TimeSpan.MaxValue);
        return read && reply.State <= TtlState.Expires;
    }
}
