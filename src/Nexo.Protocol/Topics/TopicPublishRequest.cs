namespace Nexo.Protocol;

/// <summary>
/// TOPIC PUBLISH. Body: <c>[u8 present][u8 bits][u16 reserved 0][u32 topicLength][topic]{i64 ttlMs}[body, the rest]</c>; the
/// message's headers are the frame's. A request is answered with a <see cref="TopicPublishReply"/>; a notice is not, and a
/// <see cref="ReportNotice"/> tells when it has failed.
/// </summary>
public ref struct TopicPublishRequest
{
    /// <summary>Without headers, which are the frame's.</summary>
    public TopicPublication Message;

    /// <summary>
    /// Reads a PUBLISH that is neither retained nor has optional parts, which is most of them, for nothing more than a
    /// comparison. False: it is another one, or malformed.
    /// </summary>
    public static bool TryReadPlain(
        ReadOnlySpan<byte> body, out ReadOnlySpan<byte> topic, out ReadOnlySpan<byte> message)
    {
        var reader = new BodyReader(body);
        topic = default;
        bool isPlain = reader.TryReadUInt64(out ulong head)
            && (uint)head == 0
            && reader.TryReadBytes((uint)(head >> 32), out topic);
        message = reader.Rest;
        return isPlain;
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out TopicPublishRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        return TopicPublication.TryReadAlone(ref reader, out request.Message);
    }

    /// <summary>Writes the body into the open frame.</summary>
    public readonly void Write(FrameBuffer buffer) => Message.WriteAlone(buffer);
}
