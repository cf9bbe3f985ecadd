using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Transport;

/// <summary>An accepted socket that an event loop serves. Kestrel runs its handler and disposes of it afterwards.</summary>
internal sealed class LoopConnection : DefaultConnectionContext, IDuplexPipe
{
    private readonly Socket _socket;
    private readonly EventLoops _loops;
    private readonly SocketInput _input;
    private readonly SocketOutput _output;
    private readonly CancellationTokenSource _closed = new();
    private int _isGone;
    private bool _hasHungUp;

    public LoopConnection(Socket socket, EventLoops loops)
        : base(Guid.NewGuid().ToString("N"))
    {
        _socket = socket;
        _loops = loops;
        Descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        _input = new SocketInput(this);
        _output = new SocketOutput(this);
        Transport = this;
        ConnectionClosed = _closed.Token;
    }

    public PipeReader Input => _input;

    public PipeWriter Output => _output;

    public int Descriptor { get; }

    /// <summary>The loop that serves it now.</summary>
    public EventLoop Loop { get; private set; } = null!;

    /// <summary>Its place in that loop.</summary>
    public int Slot { get; private set; }

    /// <summary>The peer has sent its last byte, or the socket is broken: no further edge will come.</summary>
    public bool HasHungUp => Volatile.Read(ref _hasHungUp);

    /// <summary>No loop can serve it any more: it ends here. Only on the thread of the loop that had it.</summary>
    public void Lose(EventLoop last)
    {
        Loop = last;
        Abort();
        OnEvent(SocketEvents.HangUp);
    }

    /// <summary>Called by a loop that takes it in.</summary>
    public void MoveTo(EventLoop loop, int slot)
    {
        Loop = loop;
        Slot = slot;
    }

    /// <summary>Something has changed about the socket. Only on the loop's thread.</summary>
    public void OnEvent(SocketEvents readiness)
    {
        const SocketEvents HungUp = SocketEvents.PeerClosed | SocketEvents.HangUp | SocketEvents.Error;
        if ((readiness & HungUp) != 0)
        {
            Volatile.Write(ref _hasHungUp, true);
        }

        if ((readiness & (SocketEvents.Readable | HungUp)) != 0)
        {
            _input.OnReadable();
        }

        if ((readiness & (SocketEvents.Writable | HungUp)) != 0)
        {
            _output.OnWritable();
        }
    }

    /// <summary>Has the loop look at the socket again, after the others.</summary>
    public void ReceiveLater() => _loops.Requeue(this);

    /// <summary>The queued look.</summary>
    public void ReceiveNow() => _input.OnReadable();

    /// <summary>Nothing comes from the peer any more.</summary>
    public void OnPeerGone()
    {
        if (Interlocked.Exchange(ref _isGone, 1) == 0)
        {
            // Its callbacks are not the loop's to run.
            ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.SayClosed(), this, preferLocal: false);
        }
    }

    public override void Abort(ConnectionAbortedException abortReason) => Abort();

    public override void Abort()
    {
        try
        {
            // The descriptor stays until nobody uses it any more; who waits for the socket is told that it has ended.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It had ended before.
        }

        OnPeerGone();
    }

    public override async ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _isGone, 1);
        try
        {
            _loops.Remove(this);
        }
        finally
        {
            _input.Free();
            _output.Free();
            _socket.Dispose();
        }

        await _closed.CancelAsync();
        _closed.Dispose();
        await base.DisposeAsync();
    }

    private void SayClosed()
    {
        try
        {
            _closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has been said.
        }
    }
}
