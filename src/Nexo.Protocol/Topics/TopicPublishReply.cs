using System.Buffers.Binary;

namespace Nexo.Protocol;

/// <summary>
/// Answer to TOPIC PUBLISH. Body: <c>[u32 receivers][u32 bindings]</c>.
/// </summary>
/// <param name="Receivers">Subscriptions that it goes to; of a shared group one.</param>
/// <param name="Bindings">Targets of bindings that have taken it.</param>
public readonly record struct TopicPublishReply(uint Receivers, uint Bindings)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out TopicPublishReply reply)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt64(out ulong both) && reader.AtEnd;
        reply = new TopicPublishReply((uint)both, (uint)(both >> 32));
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer) => buffer.WriteUInt64(Receivers | ((ulong)Bindings << 32));
}

/// <summary>
/// Detail of <see cref="ErrorCode.BindingRefused"/>: <c>[u32 receivers][u32 bindings][u32 refused]</c>.
/// </summary>
/// <param name="Published">What became of the message nevertheless.</param>
/// <param name="Refused">Targets of bindings that have not taken it.</param>
public readonly record struct BindingRefusedDetail(TopicPublishReply Published, uint Refused)
{
    /// <summary>4 + 4 + 4.</summary>
    public const int Size = 3 * sizeof(uint);

    public static bool TryRead(ReadOnlySpan<byte> detail, out BindingRefusedDetail refused)
    {
        var reader = new BodyReader(detail);
        uint count = 0;
        bool read = reader.TryReadUInt64(out ulong both) && reader.TryReadUInt32(out count) && reader.AtEnd;
        refused = new BindingRefusedDetail(new TopicPublishReply((uint)both, (uint)(both >> 32)), count);
        return read;
    }

    /// <summary>Writes the detail, of <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> detail)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(detail, Published.Receivers);
        BinaryPrimitives.WriteUInt32LittleEndian(detail[4..], Published.Bindings);
        BinaryPrimitives.WriteUInt32LittleEndian(detail[8..], Refused);
    }
}
