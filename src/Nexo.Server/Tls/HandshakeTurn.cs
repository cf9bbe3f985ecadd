namespace Nexo.Server.Tls;

/// <summary>
/// The processor time of one handshake. To compute one takes a millisecond or so, as long as hundreds of requests: it is done
/// by pool threads, few at a time, in the order in which the peers' parts have come; while a peer is waited for, others have the turn.
/// </summary>
internal sealed class HandshakeTurn(Handshakes all, Handshake handshake, SemaphoreSlim slots)
{
    private bool _isMine;

    /// <summary>Goes on, in its turn and on another thread, with what has come.</summary>
    public async ValueTask EnterAsync()
    {
        handshake.Await(peer: false, all.NowMs);
        await Task.Yield();
        await slots.WaitAsync();
        _isMine = true;
    }

    /// <summary>Its peer is waited for, or it has ended.</summary>
    public void Leave()
    {
        if (_isMine)
        {
            handshake.Await(peer: true, all.NowMs);
            _isMine = false;
            slots.Release();
        }
    }
}
