namespace Nexo.Protocol;

/// <summary>
/// Answer to STREAM READ. Body: <c>[u64 first][u64 next][u64 continueAt][u32 count]</c> then a <see cref="RecordRun"/>.
/// </summary>
public ref struct StreamReadReply
{
    /// <summary>What there is to be read now.</summary>
    public OffsetRange Range { get; private set; }

    /// <summary>The offset at which the next read goes on, in the same direction.</summary>
    public ulong ContinueAt { get; private set; }

    public RecordRun Records;

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamReadReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!OffsetRange.TryRead(ref reader, out OffsetRange range)
            || !reader.TryReadUInt64(out ulong continueAt)
            || !reader.TryReadUInt32(out uint count)
            || !RecordRun.TryRead(ref reader, count, out RecordRun records))
        {
            return false;
        }

        reply.Range = range;
        reply.ContinueAt = continueAt;
        reply.Records = records;
        return true;
    }

    /// <summary>
    /// Writes what stands before the records, first in the body; a run of <paramref name="count"/> follows. Who does not know it
    /// yet writes anything, and has it filled in by <see cref="PatchStart"/>.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, OffsetRange range, ulong continueAt, uint count)
    {
        range.Write(buffer);
        buffer.WriteUInt64(continueAt);
        buffer.WriteUInt32(count);
    }

    /// <summary>Fills in what stands before the records, now that it is known.</summary>
    public static void PatchStart(FrameBuffer buffer, OffsetRange range, ulong continueAt, uint count)
    {
        buffer.PatchUInt64(0, range.First);
        buffer.PatchUInt64(sizeof(ulong), range.Next);
        buffer.PatchUInt64(OffsetRange.Size, continueAt);
        buffer.PatchUInt32(OffsetRange.Size + sizeof(ulong), count);
    }
}
