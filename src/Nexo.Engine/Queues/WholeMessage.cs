using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <summary>
/// A message as it stands: <c>[u64 id][u8 state][u8 priority][u16 cause][i64 enqueued][i64 expires][i64 stamp][u32 deliveries][u16
/// failures][u16 losses][u8 groupBytes][u8 sourceBytes][u16 headersBytes][u16 reasonBytes][u32 bodyBytes][group][headers][body][reason]
/// [source]</c>. The stamp: when it is due, or when it died.
/// </summary>
internal readonly ref struct WholeMessage
{
    public const int HeaderBytes = 54;

    public ulong Id { get; private init; }

    public MessageState State { get; private init; }

    public byte Priority { get; private init; }

    public QueueDeadCause Cause { get; private init; }

    public long EnqueuedAtMs { get; private init; }

    public long ExpiresAtMs { get; private init; }

    public long StampMs { get; private init; }

    public uint Deliveries { get; private init; }

    public ushort Failures { get; private init; }

    public ushort Losses { get; private init; }

    public ReadOnlySpan<byte> Group { get; private init; }

    public ReadOnlySpan<byte> Headers { get; private init; }

    public ReadOnlySpan<byte> Body { get; private init; }

    public ReadOnlySpan<byte> Reason { get; private init; }

    public ReadOnlySpan<byte> Source { get; private init; }

    public static unsafe int Bytes(Arena arena, MessageSlot* message) =>
        HeaderBytes
        + (int)message->ContentBytes
        + MessageNote.Reason(arena, message).Length
        + MessageNote.Source(arena, message).Length;

    public static unsafe void Write(Span<byte> target, Arena arena, MessageSlot* message)
    {
        ReadOnlySpan<byte> reason = MessageNote.Reason(arena, message);
        ReadOnlySpan<byte> source = MessageNote.Source(arena, message);
        var writer = new RecordWriter(target);
        writer.U64(message->Id);
        writer.U8((byte)message->State);
        writer.U8(message->Priority);
        writer.U16(message->Cause);
        writer.I64(message->EnqueuedAtMs);
        writer.I64(message->ExpiresAtMs);

        // A lease is not kept: after a restart it is lost.
        writer.I64(message->State == MessageState.Leased ? 0 : message->Stamp);
        writer.U32(message->Deliveries);
        writer.U16(message->Failures);
        writer.U16(message->Losses);
        writer.U8(message->GroupLength);
        writer.U8((byte)source.Length);
        writer.U16(message->HeadersLength);
        writer.U16((ushort)reason.Length);
        writer.U32(message->BodyLength);
        writer.Bytes(MessageSlot.Content(message));
        writer.Bytes(reason);
        writer.Bytes(source);
    }

    /// <summary>A whole message that is all the rest of a record.</summary>
    public static bool TryRead(scoped ref RecordReader reader, out WholeMessage message)
    {
        ulong id = reader.U64();
        var state = (MessageState)reader.U8();
        byte priority = reader.U8();
        var cause = (QueueDeadCause)reader.U16();
        long enqueuedAtMs = reader.I64();
        long expiresAtMs = reader.I64();
        long stampMs = reader.I64();
        uint deliveries = reader.U32();
        ushort failures = reader.U16();
        ushort losses = reader.U16();
        byte group = reader.U8();
        byte source = reader.U8();
        ushort headers = reader.U16();
        ushort reason = reader.U16();
        uint body = reader.U32();
        message = new WholeMessage
        {
            Id = id,
            State = state,
            Priority = priority,
            Cause = cause,
            EnqueuedAtMs = enqueuedAtMs,
            ExpiresAtMs = expiresAtMs,
            StampMs = stampMs,
            Deliveries = deliveries,
            Failures = failures,
            Losses = losses,
            Group = reader.Bytes(group),
            Headers = reader.Bytes(headers),
            Body = reader.Bytes(body),
            Reason = reader.Bytes(reason),
            Source = reader.Bytes(source),
        };
        reader.Require(id > 0 && state is > MessageState.None and <= MessageState.Dying);
        reader.Require(cause <= QueueDeadCause.ConsumerLost);
        return reader.AtEnd;
    }
}

/// <summary><c>[u32 from][u64 fromId][u32 to]</c>, then the <see cref="WholeMessage"/> as it is in its new place.</summary>
internal static class MovedRecord
{
    public const int HeaderBytes = 16;

    public static Span<byte> WriteHeader(Span<byte> payload, uint from, ulong fromId, uint to)
    {
        var writer = new RecordWriter(payload);
        writer.U32(from);
        writer.U64(fromId);
        writer.U32(to);
        return writer.Rest;
    }

    public static bool TryRead(
        ReadOnlySpan<byte> payload, out uint from, out ulong fromId, out uint to, out WholeMessage message)
    {
        var reader = new RecordReader(payload);
        from = reader.U32();
        fromId = reader.U64();
        to = reader.U32();
        return WholeMessage.TryRead(ref reader, out message);
    }
}
