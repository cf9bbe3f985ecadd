namespace Nexo.Protocol;

/// <summary>What a paused queue does not do, as bits.</summary>
[Flags]
public enum QueueFlow : byte
{
    None = 0,

    /// <summary>Taking pushes.</summary>
    Pushes = 1,

    /// <summary>Making deliveries.</summary>
    Deliveries = 2,
}

/// <summary>Messages of a queue by what they wait for, as bits.</summary>
[Flags]
public enum PurgeParts : byte
{
    None = 0,
    Ready = 1,
    Delayed = 2,
    Dead = 4,
}

/// <summary>What must hold for a queue to be deleted, as bits.</summary>
[Flags]
public enum QueueDeleteConditions : byte
{
    None = 0,

    /// <summary>It has no message, leased ones and dead letters included.</summary>
    IfEmpty = 1,

    /// <summary>It has no consumer.</summary>
    IfUnused = 2,
}

/// <summary>
/// QUEUE PAUSE and QUEUE RESUME. Body: <c>[u8 flow][name, the rest]</c>, at least one bit set. The answer has no body.
/// </summary>
public readonly ref struct QueuePauseRequest
{
    public QueueFlow Flow { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out QueuePauseRequest request)
    {
        const QueueFlow All = QueueFlow.Pushes | QueueFlow.Deliveries;
        var reader = new BodyReader(body);
        bool read = reader.TryReadByte(out byte bits) && (QueueFlow)bits is > QueueFlow.None and <= All;
        request = new QueuePauseRequest { Flow = (QueueFlow)bits, Name = reader.TakeRest() };
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Flow);
        buffer.Write(Name);
    }
}

/// <summary>
/// QUEUE PURGE. Body: <c>[u8 parts][name, the rest]</c>, at least one bit set. Answer: <see cref="CountReply"/>.
/// </summary>
public readonly ref struct QueuePurgeRequest
{
    public PurgeParts Parts { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out QueuePurgeRequest request)
    {
        const PurgeParts All = PurgeParts.Ready | PurgeParts.Delayed | PurgeParts.Dead;
        var reader = new BodyReader(body);
        bool read = reader.TryReadByte(out byte bits) && (PurgeParts)bits is > PurgeParts.None and <= All;
        request = new QueuePurgeRequest { Parts = (PurgeParts)bits, Name = reader.TakeRest() };
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Parts);
        buffer.Write(Name);
    }
}

/// <summary>
/// QUEUE DELETE. Body: <c>[u8 conditions][name, the rest]</c>. Answer: <see cref="CountReply"/>, the messages that went.
/// </summary>
public readonly ref struct QueueDeleteRequest
{
    public QueueDeleteConditions Conditions { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueDeleteRequest request)
    {
        const QueueDeleteConditions All = QueueDeleteConditions.IfEmpty | QueueDeleteConditions.IfUnused;
        var reader = new BodyReader(body);
        bool read = reader.TryReadByte(out byte bits) && (QueueDeleteConditions)bits <= All;
        request = new QueueDeleteRequest { Conditions = (QueueDeleteConditions)bits, Name = reader.TakeRest() };
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Conditions);
        buffer.Write(Name);
    }
}
