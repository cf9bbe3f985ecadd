using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Nexo.Protocol;
using Nexo.Server.Transport;

namespace Nexo.Server.Connections;

/// <summary>
/// What is on its way to one peer. Whoever has frames posts them under a lock; the first who finds no flush running
/// becomes the flusher and sends until nothing is left, so frames leave in the order in which they were posted. While
/// the peer keeps up they go straight to its socket; the transport's pipe takes what the socket has no room for.
/// Subscriptions write in place (<see cref="Open"/>), many of them for one <see cref="Flush"/>.
/// </summary>
/// <param name="writer">
/// The transport's. It must complete a flush only when all of it was taken, else what follows could overtake it.
/// </param>
/// <param name="socket">The writer as a plain socket; null when it is none, or when bytes change on the way, as with TLS.</param>
/// <param name="clients">The clock, and the room that the subscriptions to topics of all have.</param>
internal sealed partial class Outbox(PipeWriter writer, SocketOutput? socket, ClientConnections clients)
{
    /// <summary>With more than this unsent there is no room for sources.</summary>
    public const int RoomBytes = 256 * 1_024;

    // What goes to the transport at once: a large reply must not lie in its buffers as well, and each piece that is taken
    // shows that the peer reads.
    private const int PieceBytes = 64 * 1_024;

    // The flusher alone touches `_sending`; everyone else posts to `_pending`.
    private FrameBuffer _pending = new();
    private FrameBuffer _sending = new();
    private OutboxSource? _openedBy;
    private OutboxSource? _firstWaiting;
    private OutboxSource? _lastWaiting;
    private TaskCompletionSource? _idle;
    private int _sentFrom;
    private long _flushingSinceMs;
    private bool _isFlushing;
    private bool _isClosed;
    private bool _wasUsed;

    /// <summary>Guards the outbox, and the state of its sources.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Bytes handed to the transport since the connection began.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Bytes that wait because the peer does not read as fast as it is answered.</summary>
    public int BytesPending
    {
        get
        {
            lock (Gate)
            {
                return Unsent;
            }
        }
    }

    /// <summary>Whether a source may write. Under the lock.</summary>
    public bool HasRoom => Unsent <= RoomBytes && !_isClosed;

    /// <summary>Whether nothing leaves any more. Under the lock.</summary>
    public bool IsClosed => _isClosed;

    private int Unsent => _pending.Count + _sending.Count - _sentFrom;

    /// <summary>
    /// Called several times a second: how long the peer has not taken the piece that is being sent, in milliseconds; 0 when none is.
    /// </summary>
    public long Sweep(long nowMs)
    {
        lock (Gate)
        {
            if (!_isFlushing && !_wasUsed && _pending.IsEmpty)
            {
                // The arrays go back to the pool: most connections are quiet most of the time.
                _pending.Dispose();
                _sending.Dispose();
            }

            _wasUsed = false;
            return _isFlushing ? Math.Max(0, nowMs - _flushingSinceMs) : 0;
        }
    }

    /// <summary>Sends the frames of <paramref name="batch"/>, which is empty afterwards. Never blocks.</summary>
    public void Send(FrameBuffer batch)
    {
        bool isBehind;
        lock (Gate)
        {
            if (_isClosed)
            {
                batch.Clear();
                return;
            }

            isBehind = _isFlushing || !_pending.IsEmpty;
            if (isBehind)
            {
                CloseFrame();
                _pending.AppendFrames(batch.Written.Span);
                batch.Clear();
            }
            else
            {
                BeginFlush();
            }
        }

        if (isBehind)
        {
            Flush();
        }
        else
        {
            FlushFrom(batch);
        }
    }

    /// <summary>Sends what sources have written. Never blocks.</summary>
    public void Flush()
    {
        lock (Gate)
        {
            if (_isFlushing || _isClosed || _pending.IsEmpty)
            {
                return;
            }

            BeginFlush();
            CloseFrame();
            (_pending, _sending) = (_sending, _pending);
        }

        Run();
    }

    /// <summary>
    /// Where <paramref name="source"/> writes its frames: it may leave the last one open, and goes on with it when
    /// <paramref name="isOpen"/> says that it still is. Under the lock; <see cref="Flush"/> follows without it.
    /// </summary>
    public FrameBuffer Open(OutboxSource source, out bool isOpen)
    {
        Debug.Assert(!_isClosed, "nobody would free what is written to a closed outbox");
        isOpen = _openedBy == source;
        if (!isOpen)
        {
            CloseFrame();
            _openedBy = source;
        }

        return _pending;
    }

    /// <summary>Has <paramref name="source"/> filled when there is room. Under the lock, and only when there is none.</summary>
    public void Wait(OutboxSource source)
    {
        if (source.IsWaiting || _isClosed)
        {
            return;
        }

        source.IsWaiting = true;
        if (_lastWaiting is null)
        {
            _firstWaiting = source;
        }
        else
        {
            _lastWaiting.NextWaiting = source;
        }

        _lastWaiting = source;
    }

    /// <summary>Waits until the peer has taken what is pending, or the outbox has closed.</summary>
    public Task WhenIdleAsync()
    {
        lock (Gate)
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
        lock (Gate)
        {
            Close();
            if (!_isFlushing)
            {
                _sending.Dispose();
                ReduceLarge();
            }
        }

        writer.CancelPendingFlush();
        return WhenIdleAsync();
    }

    /// <summary>The flusher's beginning with frames that nobody else has: what the socket takes of them is not copied.</summary>
    private void FlushFrom(FrameBuffer first)
    {
        int sent = SendAtOnce(first.Written.Span);
        _sending.AppendFrames(first.Written.Span[sent..]);
        first.Clear();
        if (!_sending.IsEmpty || TryTakeNext(isPeerGone: false))
        {
            Run();
        }
    }

    /// <summary>The flusher's loop. It stays on this thread as long as the transport takes what it is given.</summary>
    private void Run()
    {
        try
        {
            do
            {
                _sentFrom += SendAtOnce(_sending.Written.Span[_sentFrom..]);
                if (_sentFrom == _sending.Count)
                {
                    continue;
                }

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
            while (TryTakeNext(isPeerGone: false));
        }
        catch (InvalidOperationException)
        {
            // The transport was torn down; `ObjectDisposedException` is one too.
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
                _sentFrom += SendAtOnce(_sending.Written.Span[_sentFrom..]);
                flush = default;
                if (_sentFrom < _sending.Count)
                {
                    WritePiece();
                    flush = writer.FlushAsync();
                }
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

    private void BeginFlush()
    {
        _isFlushing = true;
        _wasUsed = true;
        _flushingSinceMs = clients.NowMs;
    }

    private void CloseFrame()
    {
        _openedBy?.CloseFrame(_pending);
        _openedBy = null;
    }

    /// <summary>Swaps the buffers when one is sent and the other is not empty; ends the flush when all is sent.</summary>
    private bool TryTakeNext(bool isPeerGone)
    {
        lock (Gate)
        {
            if (isPeerGone)
            {
                Close();
            }

            if (!_isClosed && _sentFrom == _sending.Count)
            {
                _sending.Clear();
                _sentFrom = 0;
                FillPending();
                CloseFrame();
                (_pending, _sending) = (_sending, _pending);
            }

            ReduceLarge();
            if (_isClosed || _sending.IsEmpty)
            {
                EndFlush();
                return false;
            }

            _flushingSinceMs = clients.NowMs;
            return true;
        }
    }

    /// <summary>Whoever waits for room writes, each in his turn.</summary>
    private void FillPending()
    {
        while (_firstWaiting is { } source && HasRoom)
        {
            _firstWaiting = source.NextWaiting;
            _lastWaiting = _firstWaiting is null ? null : _lastWaiting;
            source.NextWaiting = null;
            source.IsWaiting = false;
            if (source.Fill())
            {
                Wait(source);
            }
        }
    }

    // The transport was torn down under the flusher: the read side sees the same and ends the connection.
    private void Abandon()
    {
        lock (Gate)
        {
            Close();
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
            ReduceLarge();
        }
    }

    // Nobody goes on with an open frame after this: there is none, and none is opened.
    private void Close()
    {
        _isClosed = true;
        _openedBy = null;
        _firstWaiting = null;
        _lastWaiting = null;
        _pending.Dispose();
    }
}
