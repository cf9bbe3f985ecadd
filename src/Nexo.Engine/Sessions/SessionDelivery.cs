namespace Nexo.Engine.Sessions;

/// <summary>What a session has for its client: a message, or that it may forget a packet id.</summary>
public readonly ref struct SessionDelivery
{
    private readonly SessionBody _body;
    private readonly SessionMarks _marks;

    /// <summary>The client has the message of this id, and is to be told so.</summary>
    internal SessionDelivery(ushort packetId)
    {
        PacketId = packetId;
        IsRelease = true;
    }

    internal SessionDelivery(
        ushort packetId, SessionBody body, SessionMarks marks, uint identifier, bool isDuplicate, long nowMs)
    {
        _body = body;
        _marks = marks;
        PacketId = packetId;
        Identifier = identifier;
        IsDuplicate = isDuplicate;
        ExpiresInMs = body.DeadlineMs == 0 ? -1 : Math.Max(0, body.DeadlineMs - nowMs);
    }

    public ushort PacketId { get; }

    /// <summary>No message: the client may forget the id of one that it has.</summary>
    public bool IsRelease { get; }

    /// <summary>It may have been sent before.</summary>
    public bool IsDuplicate { get; }

    /// <summary>Else it is delivered at least once.</summary>
    public bool IsExactlyOnce => (_marks & SessionMarks.ExactlyOnce) != 0;

    public bool Retain => (_marks & SessionMarks.Retain) != 0;

    /// <summary>Of the subscription that it came by; 0: none.</summary>
    public uint Identifier { get; }

    /// <summary>How long it has still to live; -1: it does not expire.</summary>
    public long ExpiresInMs { get; }

    public ReadOnlySpan<byte> Topic => _body.IsNone ? default : _body.Topic;

    public ReadOnlySpan<byte> Headers => _body.IsNone ? default : _body.Headers;

    public ReadOnlySpan<byte> Body => _body.IsNone ? default : _body.Content;

    /// <summary>Its bytes may go.</summary>
    public void Dispose() => _body.Release();
}
