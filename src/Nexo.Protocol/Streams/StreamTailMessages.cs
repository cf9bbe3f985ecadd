namespace Nexo.Protocol;

/// <summary>
/// STREAM TAIL, which opens a subscription. Body: <c>[u32 credits]</c>, a <see cref="StreamPosition"/>, <c>[u32 bytesMax][u32
/// streamLength][stream][key, the rest]</c>. The reply is an <see cref="OffsetRange"/>; pushes are each a
/// <see cref="StreamTailPush"/> and cost a credit for each record.
/// </summary>
public readonly ref struct StreamTailRequest
{
    public uint Credits { get; init; }

    public StreamPosition From { get; init; }

    /// <summary>Bytes of a push's records; one is given even if it is larger. 0: as the server likes.</summary>
    public uint BytesMax { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    /// <summary>Only records with this key; empty: all.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamTailRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint credits)
            || credits > CreditNotice.CreditsMax
            || !StreamPosition.TryRead(ref reader, out StreamPosition from)
            || !reader.TryReadUInt32(out uint bytesMax)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> stream))
        {
            return false;
        }

        request = new StreamTailRequest
        {
            Credits = credits,
            From = from,
            BytesMax = bytesMax,
            Stream = stream,
            Key = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt32(Credits);
        From.Write(buffer);
        buffer.WriteUInt32(BytesMax);
        buffer.WriteBlob(Stream);
        buffer.Write(Key);
    }
}

/// <summary>
/// Records as a tail gets them. Body: <c>[u64 continueAt][u32 count]</c> then a <see cref="RecordRun"/>.
/// </summary>
public ref struct StreamTailPush
{
    /// <summary>The offset at which a tail that is opened anew goes on.</summary>
    public ulong ContinueAt { get; private set; }

    public RecordRun Records;

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamTailPush push)
    {
        var reader = new BodyReader(body);
        push = default;
        if (!reader.TryReadUInt64(out ulong continueAt)
            || !reader.TryReadUInt32(out uint count)
            || !RecordRun.TryRead(ref reader, count, out RecordRun records))
        {
            return false;
        }

        push.ContinueAt = continueAt;
        push.Records = records;
        return true;
    }

    /// <summary>
    /// Writes what stands before the records, first in the body; a run of <paramref name="count"/> follows. Who does not know it
    /// yet writes anything, and has it filled in by <see cref="PatchStart"/>.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, ulong continueAt, uint count)
    {
        buffer.WriteUInt64(continueAt);
        buffer.WriteUInt32(count);
    }

    /// <summary>Fills in what stands before the records, now that it is known.</summary>
    public static void PatchStart(FrameBuffer buffer, ulong continueAt, uint count)
    {
        buffer.PatchUInt64(0, continueAt);
        buffer.PatchUInt32(sizeof(ulong), count);
    }
}
