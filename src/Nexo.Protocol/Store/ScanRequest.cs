namespace Nexo.Protocol;

/// <summary>
/// STORE SCAN, QUEUE LIST, SCHEDULE LIST, TOPIC SUBSCRIBERS, BINDING LIST and STREAM LIST; instead of the prefix, TOPIC LIST has
/// a filter, and GROUP LIST the name of a stream. Body: <c>[u32 limit][u32 cursorLength][cursor][prefix, the rest]</c>. An
/// empty cursor starts; the cursor of the answer goes on, and is empty at the end. A cursor is opaque and belongs to one
/// run of one server.
/// </summary>
public readonly ref struct ScanRequest
{
    /// <summary>Most keys that one page may hold; a larger limit is refused.</summary>
    public const uint LimitMax = 10_000;

    public uint Limit { get; init; }

    public ReadOnlySpan<byte> Cursor { get; init; }

    public ReadOnlySpan<byte> Prefix { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out ScanRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint limit) || !reader.TryReadBlob(out ReadOnlySpan<byte> cursor))
        {
            return false;
        }

        request = new ScanRequest { Limit = limit, Cursor = cursor, Prefix = reader.TakeRest() };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt32(Limit);
        buffer.WriteBlob(Cursor);
        buffer.Write(Prefix);
    }
}
