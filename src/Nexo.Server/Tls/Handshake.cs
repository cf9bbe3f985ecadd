using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Tls;

/// <summary>
/// One connection that has not shown yet what it speaks, or is shaking hands. What counts is the time that its peer was waited for, all
/// of it, so that one which sends byte after byte wins nothing, and one that the server keeps waiting loses nothing.
/// </summary>
internal sealed class Handshake(ConnectionContext connection, long nowMs)
{
    private readonly Lock _gate = new();
    private long _waitsSinceMs = nowMs;
    private long _waitedMs;
    private bool _isPeerAwaited = true;

    /// <summary>True while it has one of the places of those that keep a handshake's memory.</summary>
    public bool HasPlace { get; set; }

    /// <summary>True when it was ended for its slowness.</summary>
    public bool IsCut { get; private set; }

    public string Remote => connection.RemoteEndPoint?.ToString() ?? "unix socket";

    /// <summary>How long its peer has been waited for.</summary>
    public long WaitedMs(long nowMs)
    {
        lock (_gate)
        {
            return _waitedMs + (_isPeerAwaited ? nowMs - _waitsSinceMs : 0);
        }
    }

    /// <summary>From now on the peer is waited for, or the server.</summary>
    public void Await(bool peer, long nowMs)
    {
        lock (_gate)
        {
            _waitedMs += _isPeerAwaited ? nowMs - _waitsSinceMs : 0;
            _waitsSinceMs = nowMs;
            _isPeerAwaited = peer;
        }
    }

    public void Cut()
    {
        IsCut = true;
        connection.Abort();
    }
}
