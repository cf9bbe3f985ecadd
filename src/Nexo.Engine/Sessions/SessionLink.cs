namespace Nexo.Engine.Sessions;

/// <summary>
/// The hold of one connection on a session. Once another has taken the session, or it has ended, every command is refused: what a
/// connection says late changes nothing.
/// </summary>
public sealed class SessionLink
{
    private readonly SessionService _service;

    internal SessionLink(SessionService service, Session session, ISessionHolder holder)
    {
        _service = service;
        Session = session;
        Holder = holder;
    }

    public Session Session { get; }

    internal ISessionHolder Holder { get; }

    /// <summary>Sets a subscription, in place of one with the same filter.</summary>
    /// <param name="waits">True when a confirm must wait for the log.</param>
    public SessionStatus Subscribe(
        ReadOnlySpan<byte> filter, byte options, uint identifier, out bool existed, out bool waits)
    {
        waits = _service.Waits;
        return Session.Subscribe(this, new SessionSubscription(filter.ToArray(), options, identifier), out existed);
    }

    /// <summary>Takes a subscription away.</summary>
    /// <param name="waits">True when a confirm must wait for the log.</param>
    public SessionStatus Unsubscribe(ReadOnlySpan<byte> filter, out bool waits)
    {
        waits = _service.Waits;
        return Session.Unsubscribe(this, filter);
    }

    /// <summary>
    /// The next message that this connection has not sent, in order: first those that were sent and not acknowledged before.
    /// False: there is none, or it may not be sent yet; then <see cref="ISessionHolder.Wake"/> follows. To be disposed of when it is
    /// encoded.
    /// </summary>
    public bool TryNext(out SessionDelivery delivery) => Session.TryNext(this, out delivery);

    /// <summary>The client has a message that is delivered at least once.</summary>
    public SessionStatus Acknowledge(ushort packetId) => Session.Acknowledge(this, packetId);

    /// <summary>The client has a message that is delivered exactly once, and may then be told to forget its id.</summary>
    /// <param name="waits">
    /// True when it must not be told so before the log is durable: it would take the message for a new one if it came again.
    /// </param>
    public SessionStatus Received(ushort packetId, out bool waits)
    {
        waits = _service.Waits;
        return Session.Receive(this, packetId);
    }

    /// <summary>The client has forgotten the id of a message.</summary>
    public SessionStatus Complete(ushort packetId) => Session.Complete(this, packetId);

    /// <summary>The client has refused a message, or it cannot be sent to it: it is gone.</summary>
    public SessionStatus Refused(ushort packetId) => Session.Refuse(this, packetId);

    /// <summary>The client sends a message exactly once under this id.</summary>
    /// <param name="isNew">False: it was taken already; the client sends it again since it has not heard so.</param>
    /// <param name="waits">True when a confirm must wait for the log.</param>
    public SessionStatus BeginInbound(ushort packetId, out bool isNew, out bool waits)
    {
        waits = _service.Waits;
        return Session.BeginInbound(this, packetId, out isNew);
    }

    /// <summary>The client will not send the message of this id again.</summary>
    /// <param name="waits">True when a confirm must wait for the log: afterwards the id may be another message's.</param>
    public SessionStatus EndInbound(ushort packetId, out bool waits)
    {
        waits = _service.Waits;
        return Session.EndInbound(this, packetId);
    }

    /// <summary>The connection is over: the session waits for another one for as long as its expiry says.</summary>
    /// <param name="expirySeconds">Another expiry than it was opened with; null: the same.</param>
    public SessionStatus Close(uint? expirySeconds = null) => _service.Close(this, expirySeconds);
}
