namespace Nexo.Protocol;

/// <summary>
/// TOPIC WILL: a message that is published when the connection is lost; it replaces the one before. Body: <c>[u32 delayMs][u32
/// sessionLength][session]</c> then as <see cref="TopicPublishRequest"/>; the message's headers are the frame's. The answer has
/// no body.
/// </summary>
public ref struct TopicWillRequest
{
    /// <summary>How long after the loss it is published, unless the session has come back by then.</summary>
    public uint DelayMs { get; set; }

    /// <summary>Whose it is, across connections; empty: this connection's alone.</summary>
    public ReadOnlySpan<byte> Session { get; set; }

    /// <summary>Without headers, which are the frame's.</summary>
    public TopicPublication Message;

    public static bool TryRead(ReadOnlySpan<byte> body, out TopicWillRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint delayMs)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> session)
            || !TopicPublication.TryReadAlone(ref reader, out TopicPublication message))
        {
            return false;
        }

        request.DelayMs = delayMs;
        request.Session = session;
        request.Message = message;
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public readonly void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt32(DelayMs);
        buffer.WriteBlob(Session);
        Message.WriteAlone(buffer);
    }
}
