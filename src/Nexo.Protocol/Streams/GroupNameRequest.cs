namespace Nexo.Protocol;

/// <summary>
/// GROUP DESCRIBE and GROUP DELETE. Body: <c>[u32 length, stream][group, the rest]</c>. Answers:
/// <see cref="GroupDescribeReply"/>; <see cref="CountReply"/>, 0 or 1.
/// </summary>
public readonly ref struct GroupNameRequest
{
    public ReadOnlySpan<byte> Stream { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupNameRequest request)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadBlob(out ReadOnlySpan<byte> stream);
        request = new GroupNameRequest { Stream = stream, Group = reader.TakeRest() };
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteBlob(Stream);
        buffer.Write(Group);
    }
}
