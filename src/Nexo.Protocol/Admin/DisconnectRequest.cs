namespace Nexo.Protocol;

/// <summary>
/// ADMIN DISCONNECT. Body: <c>[u64 id]</c>, the number of a connection in ADMIN CONNECTIONS. Answered with a
/// <see cref="CountReply"/>: 1 if it is being ended.
/// </summary>
public readonly record struct DisconnectRequest(ulong Id)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out DisconnectRequest request)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt64(out ulong id) && reader.AtEnd;
        request = new DisconnectRequest(id);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer) => buffer.WriteUInt64(Id);
}
