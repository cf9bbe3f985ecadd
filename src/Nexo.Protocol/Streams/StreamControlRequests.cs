namespace Nexo.Protocol;

/// <summary>What a trim is given as. Numbers are append-only.</summary>
public enum TrimBy : byte
{
    /// <summary>Records before this offset go.</summary>
    Offset = 0,

    /// <summary>Records before the first whose time is this or later go, in ms since the Unix epoch.</summary>
    Time = 1,

    /// <summary>So many bytes of the last records stay, roughly.</summary>
    Bytes = 2,

    /// <summary>So many of the last records stay.</summary>
    Records = 3,
}

/// <summary>What must hold for a stream to be deleted, as bits.</summary>
[Flags]
public enum StreamDeleteConditions : byte
{
    None = 0,

    /// <summary>It has neither a reader nor a group.</summary>
    IfUnused = 2,
}

/// <summary>STREAM TRIM. Body: <c>[u8 by][u64 value][name, the rest]</c>. Answer: <see cref="StreamTrimReply"/>.</summary>
public readonly ref struct StreamTrimRequest
{
    public TrimBy By { get; init; }

    public ulong Value { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamTrimRequest request)
    {
        var reader = new BodyReader(body);
        ulong value = 0;
        bool read = reader.TryReadByte(out byte by) && (TrimBy)by <= TrimBy.Records && reader.TryReadUInt64(out value);
        request = new StreamTrimRequest { By = (TrimBy)by, Value = value, Name = reader.TakeRest() };
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)By);
        buffer.WriteUInt64(Value);
        buffer.Write(Name);
    }
}

/// <summary>Answer to STREAM TRIM. Body: <c>[u64 first]</c>, the offset of the first record that stays.</summary>
public readonly record struct StreamTrimReply(ulong First)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out StreamTrimReply reply)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt64(out ulong first) && reader.AtEnd;
        reply = new StreamTrimReply(first);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer) => buffer.WriteUInt64(First);
}

/// <summary>
/// STREAM DELETE. Body: <c>[u8 conditions][name, the rest]</c>. Answer: <see cref="CountReply"/>, the records that went.
/// </summary>
public readonly ref struct StreamDeleteRequest
{
    public StreamDeleteConditions Conditions { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamDeleteRequest request)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadByte(out byte bits)
            && (StreamDeleteConditions)bits is (StreamDeleteConditions.None or StreamDeleteConditions.IfUnused);
        request = new StreamDeleteRequest { Conditions = (StreamDeleteConditions)bits, Name = reader.TakeRest() };
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Conditions);
        buffer.Write(Name);
    }
}
