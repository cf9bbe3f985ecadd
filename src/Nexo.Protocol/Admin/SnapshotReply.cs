namespace Nexo.Protocol;

/// <summary>
/// Answer to ADMIN SNAPSHOT: the position of the snapshot in the log, and its size in bytes. Body:
/// <c>[u64 position][i64 bytes]</c>.
/// </summary>
public readonly record struct SnapshotReply(ulong Position, long Bytes)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out SnapshotReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadUInt64(out ulong position) || !reader.TryReadInt64(out long bytes) || !reader.AtEnd)
        {
            return false;
        }

        reply = new SnapshotReply(position, bytes);
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(Position);
        buffer.WriteInt64(Bytes);
    }
}
