namespace Nexo.Protocol;

/// <summary>What a connection speaks. Numbers are append-only.</summary>
public enum ConnectionProtocol : byte
{
    None = 0,
    Native = 1,
    Redis = 2,
    Mqtt = 3,
    Http = 4,
}

/// <summary>Facts about a connection, as bits.</summary>
[Flags]
public enum ConnectionFlags : byte
{
    None = 0,

    /// <summary>It is encrypted.</summary>
    Tls = 1,

    /// <summary>It is the one that asks.</summary>
    Own = 2,
}

/// <summary>
/// Answer to ADMIN CONNECTIONS, whose request is a <see cref="ScanRequest"/> with the beginning of an address as the prefix.
/// Body: <c>[u32 cursorLength][cursor][u32 count]</c> then the items, each <c>[u64 id][u8 protocol][u8 bits][u16 0][i64
/// connectedAtMs][u64 idleMs][u64 requests][u64 receivedBytes][u64 sentBytes][u64 pendingBytes]</c> and, with a <c>u32</c> length
/// before each, its address, user, client name and namespace. Only an empty cursor ends the list. Checked whole on reading it, as
/// <see cref="BlobList"/> is.
/// </summary>
public ref struct ConnectionListReply
{
    private BodyReader _items;

    public ReadOnlySpan<byte> Cursor { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out ConnectionListReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> cursor) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new ConnectionListReply { Cursor = cursor, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!ConnectionListItem.TryRead(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next connection; false at the end.</summary>
    public bool TryTake(out ConnectionListItem item) => ConnectionListItem.TryRead(ref _items, out item);

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> cursor, uint count)
    {
        buffer.WriteBlob(cursor);
        buffer.WriteUInt32(count);
    }
}

/// <summary>One connection of a <see cref="ConnectionListReply"/>.</summary>
public readonly ref struct ConnectionListItem
{
    /// <summary>Its number, unique in this run of the server.</summary>
    public ulong Id { get; init; }

    public ConnectionProtocol Protocol { get; init; }

    public ConnectionFlags Flags { get; init; }

    /// <summary>When it was accepted, in Unix milliseconds.</summary>
    public long ConnectedAtMs { get; init; }

    /// <summary>For how long nothing was received.</summary>
    public ulong IdleMs { get; init; }

    public ulong Requests { get; init; }

    public ulong ReceivedBytes { get; init; }

    public ulong SentBytes { get; init; }

    /// <summary>What waits because the client does not read it.</summary>
    public ulong PendingBytes { get; init; }

    /// <summary>Address and port of the client.</summary>
    public ReadOnlySpan<byte> Remote { get; init; }

    /// <summary>Who it is; empty when nobody is asked.</summary>
    public ReadOnlySpan<byte> User { get; init; }

    /// <summary>What the client calls itself; may be empty.</summary>
    public ReadOnlySpan<byte> Client { get; init; }

    /// <summary>What it works in; empty: the default one.</summary>
    public ReadOnlySpan<byte> Namespace { get; init; }

    internal static bool TryRead(scoped ref BodyReader reader, out ConnectionListItem item)
    {
        item = default;
        if (!reader.TryReadUInt64(out ulong id)
            || !reader.TryReadUInt32(out uint kind)
            || !reader.TryReadInt64(out long connectedAtMs)
            || !reader.TryReadUInt64(out ulong idleMs)
            || !reader.TryReadUInt64(out ulong requests)
            || !reader.TryReadUInt64(out ulong receivedBytes)
            || !reader.TryReadUInt64(out ulong sentBytes)
            || !reader.TryReadUInt64(out ulong pendingBytes)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> remote)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> user)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> client)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> space))
        {
            return false;
        }

        item = new ConnectionListItem
        {
            Id = id,
            Protocol = (ConnectionProtocol)(byte)kind,
            Flags = (ConnectionFlags)(byte)(kind >> 8),
            ConnectedAtMs = connectedAtMs,
            IdleMs = idleMs,
            Requests = requests,
            ReceivedBytes = receivedBytes,
            SentBytes = sentBytes,
            PendingBytes = pendingBytes,
            Remote = remote,
            User = user,
            Client = client,
            Namespace = space,
        };
        return true;
    }

    /// <summary>Writes the item behind those that were written before.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(Id);
        buffer.WriteUInt32((byte)Protocol | ((uint)Flags << 8));
        buffer.WriteInt64(ConnectedAtMs);
        buffer.WriteUInt64(IdleMs);
        buffer.WriteUInt64(Requests);
        buffer.WriteUInt64(ReceivedBytes);
        buffer.WriteUInt64(SentBytes);
        buffer.WriteUInt64(PendingBytes);
        buffer.WriteBlob(Remote);
        buffer.WriteBlob(User);
        buffer.WriteBlob(Client);
        buffer.WriteBlob(Namespace);
    }
}
