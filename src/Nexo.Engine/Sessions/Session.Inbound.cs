namespace Nexo.Engine.Sessions;

/// <content>Packet ids of messages that its client sends exactly once: taken, and not let go of.</content>
public sealed partial class Session
{
    private PacketIds _inbound;
    private int _inboundCount;

    /// <summary>Ids that are taken.</summary>
    public int Inbound => Volatile.Read(ref _inboundCount);

    internal SessionStatus BeginInbound(SessionLink link, ushort packetId, out bool isNew)
    {
        isNew = false;
        lock (_gate)
        {
            if (_link != link)
            {
                return SessionStatus.Fenced;
            }

            if (_inbound.Contains(packetId))
            {
                return SessionStatus.Ok;
            }

            SessionStatus status = _service.LogInboundTaken(this, packetId);
            isNew = status == SessionStatus.Ok;
            if (isNew)
            {
                _inbound.Add(packetId);
                _inboundCount = _inbound.Count;
            }

            return status;
        }
    }

    internal SessionStatus EndInbound(SessionLink link, ushort packetId)
    {
        lock (_gate)
        {
            if (_link != link)
            {
                return SessionStatus.Fenced;
            }

            if (!_inbound.Contains(packetId))
            {
                return SessionStatus.NotFound;
            }

            SessionStatus status = _service.LogInboundReleased(this, packetId);
            if (status == SessionStatus.Ok)
            {
                _inbound.Remove(packetId);
                _inboundCount = _inbound.Count;
            }

            return status;
        }
    }
}
