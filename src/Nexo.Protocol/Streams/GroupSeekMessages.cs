namespace Nexo.Protocol;

/// <summary>
/// GROUP SEEK. Body: <c>[u8 bits][u8 0][u16 0]</c>, a <see cref="StreamPosition"/>, <c>[u32 length, stream][group, the
/// rest]</c>. Bit 1: only say what it would do. Answer: <see cref="GroupSeekReply"/>.
/// </summary>
public readonly ref struct GroupSeekRequest
{
    private const uint BitDryRun = 1;

    /// <summary>Nothing is changed.</summary>
    public bool DryRun { get; init; }

    public StreamPosition To { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupSeekRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint bits)
            || bits > BitDryRun
            || !StreamPosition.TryRead(ref reader, out StreamPosition to)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> stream))
        {
            return false;
        }

        request = new GroupSeekRequest { DryRun = bits != 0, To = to, Stream = stream, Group = reader.TakeRest() };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt32(DryRun ? BitDryRun : 0);
        To.Write(buffer);
        buffer.WriteBlob(Stream);
        buffer.Write(Group);
    }
}

/// <summary>
/// Answer to GROUP SEEK. Body: <c>[u64 before][u64 after][u64 replayed][u64 epoch]</c>.
/// </summary>
/// <param name="Before">The position of the group until then.</param>
/// <param name="After">Its position now, or as it would be.</param>
/// <param name="Replayed">Records that were done and are delivered again.</param>
/// <param name="Epoch">The group's now: what members have from before is fenced.</param>
public readonly record struct GroupSeekReply(ulong Before, ulong After, ulong Replayed, ulong Epoch)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out GroupSeekReply reply)
    {
        var reader = new BodyReader(body);
        ulong after = 0;
        ulong replayed = 0;
        ulong epoch = 0;
        bool read = reader.TryReadUInt64(out ulong before)
            && reader.TryReadUInt64(out after)
            && reader.TryReadUInt64(out replayed)
            && reader.TryReadUInt64(out epoch)
            && reader.AtEnd;
        reply = new GroupSeekReply(before, after, replayed, epoch);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(Before);
        buffer.WriteUInt64(After);
        buffer.WriteUInt64(Replayed);
        buffer.WriteUInt64(Epoch);
    }
}
