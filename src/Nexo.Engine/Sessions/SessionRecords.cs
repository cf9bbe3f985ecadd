namespace Nexo.Engine.Sessions;

/// <summary>
/// <c>[u32 session][u32 expirySeconds][i64 deadline][u16 userBytes][u16 idBytes][user][client id]</c>; deadline 0: somebody is connected,
/// <see cref="Session.NoDeadline"/>: it does not expire.
/// </summary>
internal readonly ref struct SessionSetRecord
{
    private const int HeaderBytes = 4 + 4 + 8 + 2 + 2;

    public uint Session { get; private init; }

    public uint ExpirySeconds { get; private init; }

    public long DeadlineMs { get; private init; }

    public ReadOnlySpan<byte> User { get; private init; }

    public ReadOnlySpan<byte> ClientId { get; private init; }

    public static int Bytes(int userBytes, int idBytes) => HeaderBytes + userBytes + idBytes;

    public static void Write(Span<byte> payload, Session session)
    {
        var writer = new RecordWriter(payload);
        writer.U32(session.Number);
        writer.U32(session.ExpirySeconds);
        writer.I64(session.DeadlineMs);
        writer.U16((ushort)session.UserBytes.Length);
        writer.U16((ushort)session.ClientId.Length);
        writer.Bytes(session.UserBytes);
        writer.Bytes(session.ClientId);
    }

    /// <summary>False: not valid.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out SessionSetRecord record)
    {
        var reader = new RecordReader(payload);
        uint session = reader.U32();
        uint expiry = reader.U32();
        long deadline = reader.I64();
        int userBytes = reader.U16();
        int idBytes = reader.U16();
        record = new SessionSetRecord
        {
            Session = session,
            ExpirySeconds = expiry,
            DeadlineMs = deadline,
            User = reader.Bytes(userBytes),
            ClientId = reader.Bytes(idBytes),
        };
        return reader.AtEnd && session != 0 && idBytes > 0;
    }
}

/// <summary>
/// <c>[u64 body][i64 deadline][u16 topicBytes][u16 headersBytes][topic][headers][body:rest]</c>; deadline 0: none.
/// </summary>
internal readonly ref struct BodyStoredRecord
{
    private const int HeaderBytes = 8 + 8 + 2 + 2;

    public ulong Id { get; private init; }

    public long DeadlineMs { get; private init; }

    public ReadOnlySpan<byte> Topic { get; private init; }

    public ReadOnlySpan<byte> Headers { get; private init; }

    public ReadOnlySpan<byte> Body { get; private init; }

    public static int Bytes(SessionBody body) => HeaderBytes + body.ContentBytes;

    public static void Write(Span<byte> payload, SessionBody body)
    {
        var writer = new RecordWriter(payload);
        writer.U64(body.Id);
        writer.I64(body.DeadlineMs);
        writer.U16((ushort)body.Topic.Length);
        writer.U16((ushort)body.Headers.Length);
        writer.Bytes(body.Topic);
        writer.Bytes(body.Headers);
        writer.Bytes(body.Content);
    }

    /// <summary>False: not valid.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out BodyStoredRecord record)
    {
        var reader = new RecordReader(payload);
        ulong id = reader.U64();
        long deadline = reader.I64();
        int topicBytes = reader.U16();
        int headerBytes = reader.U16();
        record = new BodyStoredRecord
        {
            Id = id,
            DeadlineMs = deadline,
            Topic = reader.Bytes(topicBytes),
            Headers = reader.Bytes(headerBytes),
            Body = reader.Bytes(reader.Left),
        };
        return reader.AtEnd && id != 0 && topicBytes > 0;
    }
}

/// <summary>Sizes and forms of the small records.</summary>
internal static class SessionRecords
{
    public const int SessionBytes = 4;

    /// <summary>A packet id of the client: <c>[u32 session][u16 packet id]</c>.</summary>
    public const int InboundBytes = SessionBytes + 2;

    /// <summary>One message, or some that follow each other: <c>[u32 session][u64 first][u32 count]</c>.</summary>
    public const int SettledBytes = SessionBytes + 8 + 4;

    /// <summary><c>[u32 session][u64 message]</c>.</summary>
    public const int ReceivedBytes = SessionBytes + 8;

    public const int ReleasedBytes = 8;

    /// <summary><c>[u32 session][u32 expirySeconds][i64 deadline][u64 sent]</c>.</summary>
    public const int LeftBytes = SessionBytes + 4 + 8 + 8;

    /// <summary><c>[u32 last session][u64 last body]</c>.</summary>
    public const int NumbersBytes = 4 + 8;

    /// <summary>Before the messages of a queue: <c>[u32 session][u64 first]</c>.</summary>
    public const int QueuedBytes = SessionBytes + 8;

    /// <summary>Of each of them: <c>[u64 body][u8 flags][u32 identifier]</c>.</summary>
    public const int QueuedMessageBytes = 8 + 1 + 4;

    /// <summary>Before the part of a queue: <c>[u32 session][u64 last][u64 sent][u64 first]</c>.</summary>
    public const int KeptBytes = SessionBytes + 8 + 8 + 8;

    /// <summary>Options and identifier of a subscription, before its filter: <c>[u32 session][u8 options][u32 identifier]</c>.</summary>
    public const int SubscribedBytes = SessionBytes + 1 + 4;

    public static int SubscriptionBytes(int filterBytes) => SubscribedBytes + filterBytes;

    public static void WriteSubscription(Span<byte> payload, uint session, SessionSubscription subscription)
    {
        var writer = new RecordWriter(payload);
        writer.U32(session);
        writer.U8(subscription.Options);
        writer.U32(subscription.Identifier);
        writer.Bytes(subscription.Filter);
    }

    public static void WriteInbound(Span<byte> payload, uint session, ushort packetId)
    {
        var writer = new RecordWriter(payload);
        writer.U32(session);
        writer.U16(packetId);
    }

    public static void WriteMessage(ref RecordWriter writer, ulong body, SessionMarks marks, uint identifier)
    {
        writer.U64(body);
        writer.U8((byte)marks);
        writer.U32(identifier);
    }
}
