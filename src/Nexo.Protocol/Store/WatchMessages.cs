namespace Nexo.Protocol;

/// <summary>What happened to a key.</summary>
public enum StoreChange : byte
{
    /// <summary>Created, or what it holds was changed. A new expiry alone is not told.</summary>
    Set = 1,
    Deleted = 2,
    Expired = 3,
    Evicted = 4,

    /// <summary>
    /// Not a key's change: so many changes were dropped because credits or room had run out. See
    /// <see cref="WatchPush"/>.
    /// </summary>
    Missed = 255,
}

/// <summary>
/// STORE WATCH, opens a subscription. Body: <c>[u32 credits][prefix, the rest]</c>; the empty prefix is every key, and
/// credits are 0 to <see cref="CreditNotice.CreditsMax"/>.
/// The reply has no body; pushes carry <see cref="WatchPush"/>; STOP ends it.
/// </summary>
public readonly ref struct WatchRequest
{
    public uint Credits { get; init; }

    public ReadOnlySpan<byte> Prefix { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out WatchRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint credits) || credits > CreditNotice.CreditsMax)
        {
            return false;
        }

        request = new WatchRequest { Credits = credits, Prefix = reader.TakeRest() };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt32(Credits);
        buffer.Write(Prefix);
    }
}

/// <summary>
/// One change. Body: <c>[u8 change][u64 version][key, the rest]</c>. For <see cref="StoreChange.Missed"/> the number is
/// how many changes were dropped just before the next push, and the key is empty. The version of a deletion, expiry or
/// eviction is that of the entry that went.
/// </summary>
public readonly ref struct WatchPush
{
    /// <summary>Bytes of a frame besides the key: header, 1 and 8.</summary>
    public const int FixedSize = FrameHeader.Size + sizeof(byte) + sizeof(ulong);

    public StoreChange Change { get; init; }

    public ulong Version { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out WatchPush push)
    {
        var reader = new BodyReader(body);
        push = default;
        if (!reader.TryReadByte(out byte change) || !reader.TryReadUInt64(out ulong version))
        {
            return false;
        }

        push = new WatchPush { Change = (StoreChange)change, Version = version, Key = reader.TakeRest() };
        return true;
    }

    public void WriteFrame(FrameBuffer buffer, uint subscription)
    {
        buffer.Begin(Opcode.StoreWatch, FrameKind.Push, subscription);
        buffer.WriteByte((byte)Change);
        buffer.WriteUInt64(Version);
        buffer.Write(Key);
        buffer.End();
    }
}
