using System.Buffers;
using System.IO.Pipelines;
using Nexo.Protocol;
using Nexo.Server.Transport;

namespace Nexo.Server.Native;

/// <summary>
/// What is on its way to one peer. Whoever has frames posts them under a lock; the first who finds no flush running
/// becomes the flusher and sends until nothing is left, so frames leave in the order in which they were posted. While
/// the peer keeps up they go straight to its socket; the transport's pipe takes what the socket has no room for.
/// </summary>
/// <param name="writer">
/// The transport's. It must complete a flush only when all of it was taken, else what follows could overtake it.
/// </param>
/// <param name="socket">The writer as a plain socket; null when it is none, or when bytes change on the way, as with TLS.</param>
/// <param name="server">The clock.</param>
internal sealed class Outbox(PipeWriter writer, SocketOutput? socket, NativeServer server)
{
    // What goes to the transport at once: a large reply must not lie in its buffers as well, and each piece that is taken
    // shows that the peer reads.
    private const int PieceBytes = 64 * 1_024;

    private readonly Lock _gate = new();

    // The flusher alone touches `_sending`; everyone else posts to `_pending`.
    private FrameBuffer _pending = new();
    private FrameBuffer _sending = new();
    private TaskCompletionSource? _idle;
    private int _sentFrom;
    private long _flushingSinceMs;
    private bool _isFlushing;
    private bool _isClosed;

    /// <summary>Bytes handed to the transport since the connection began.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Bytes that wait because the peer does not read as fast as it is answered.</summary>
    public int BytesPending
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count + _sending.Count - _sentFrom;
            }
        }
    }

    /// <summary>How long the peer has not taken the piece that is being sent, in milliseconds; 0 when none is.</summary>
    public long StalledForMs(long nowMs)
    {
        lock (_gate)
        {
            return _isFlushing ? Math.Max(0, nowMs - _flushingSinceMs) : 0;
        }
    }

    /// <summary>Sends the frames of <paramref name="batch"/>, which is empty afterwards. Never blocks.</summary>
    public void Send(FrameBuffer batch)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                batch.Clear();
                return;
            }

            if (_isFlushing)
            {
                _pending.AppendFrames(batch.Written.Span);
                batch.Clear();
                return;
            }

            _isFlushing = true;
            _flushingSinceMs = server.NowMs;
        }

        Flush(batch);
    }

    /// <summary>Waits until the peer has taken what is pending, or the outbox has closed.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (!_isFlushing)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>Drops what is pending and all that comes later; ends when nothing touches the transport any more.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            _pending.Dispose();
            if (!_isFlushing)
            {
                _sending.Dispose();
            }
        }

        writer.CancelPendingFlush();
        return WhenIdleAsync();
    }

    /// <summary>The flusher's loop. It stays on this thread as long as the transport takes what it is given.</summary>
    private void Flush(FrameBuffer first)
    {
        try
        {
            int sent = SendAtOnce(first.Written.Span);
            _sending.AppendFrames(first.Written.Span[sent..]);
            first.Clear();
            while (TryTakeNext(isPeerGone: false))
            {
                WritePiece();
                ValueTask<FlushResult> flush = writer.FlushAsync();
                if (!flush.IsCompletedSuccessfully)
                {
                    _ = FlushSlowlyAsync(flush);
                    return;
                }

                if (flush.Result.IsCompleted)
                {
                    Abandon();
                    return;
                }
            }
        }
        catch (InvalidOperationException)
        {
            // The transport was torn down; `ObjectDisposedException` is one too.
            first.Clear();
            Abandon();
        }
    }

    /// <summary>What of the bytes the socket took; an error shows when the transport tries the rest.</summary>
    private int SendAtOnce(ReadOnlySpan<byte> bytes)
    {
        int sent = socket?.TrySend(bytes) ?? 0;
        BytesSent += sent;
        return sent;
    }

    private async Task FlushSlowlyAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            while (TryTakeNext((await flush).IsCompleted))
            {
                WritePiece();
                flush = writer.FlushAsync();
            }
        }
        catch (Exception)
        {
            Abandon();
        }
    }

    private void WritePiece()
    {
        ReadOnlySpan<byte> rest = _sending.Written.Span[_sentFrom..];
        ReadOnlySpan<byte> piece = rest[..Math.Min(rest.Length, PieceBytes)];
        writer.Write(piece);
        BytesSent += piece.Length;
        _sentFrom += piece.Length;
    }

    /// <summary>Swaps the buffers when one is sent and the other is not empty; ends the flush when all is sent.</summary>
    private bool TryTakeNext(bool isPeerGone)
    {
        lock (_gate)
        {
            _isClosed |= isPeerGone;
            if (!_isClosed && _sentFrom == _sending.Count)
            {
                _sending.Clear();
                _sentFrom = 0;
                (_pending, _sending) = (_sending, _pending);
            }

            if (_isClosed || _sending.IsEmpty)
            {
                EndFlush();
                return false;
            }

            _flushingSinceMs = server.NowMs;
            return true;
        }
    }

    // The transport was torn down under the flusher: the read side sees the same and ends the connection.
    private void Abandon()
    {
        lock (_gate)
        {
            _isClosed = true;
            EndFlush();
        }
    }

    private void EndFlush()
    {
        _isFlushing = false;
        _idle?.TrySetResult();
        _idle = null;
        if (_isClosed)
        {
            _pending.Dispose();
            _sending.Dispose();
            _sentFrom = 0;
        }
    }
}
