using System.IO.Pipelines;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>
/// What is on its way to one peer. Whoever has frames posts them under a lock; the first who finds no flush running
/// becomes the flusher and sends until nothing is left, so frames leave in the order in which they were posted.
/// </summary>
internal sealed class Outbox(PipeWriter writer, NativeServer server)
{
    private readonly Lock _gate = new();

    // The flusher alone touches `_sending`; everyone else posts to `_pending`.
    private FrameBuffer _pending = new();
    private FrameBuffer _sending = new();
    private TaskCompletionSource? _idle;
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
                return _pending.Count;
            }
        }
    }

    /// <summary>How long the flush that is running has made no progress, in milliseconds; 0 when none is running.</summary>
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
            Write(first);
            while (true)
            {
                ValueTask<FlushResult> flush = writer.FlushAsync();
                if (!flush.IsCompletedSuccessfully)
                {
                    _ = FlushSlowlyAsync(flush);
                    return;
                }

                _isClosed |= flush.Result.IsCompleted;
                if (!TryTakePending())
                {
                    return;
                }

                Write(_sending);
            }
        }
        catch (InvalidOperationException)
        {
            first.Clear();
            Abandon();
        }
    }

    private async Task FlushSlowlyAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            _isClosed |= (await flush).IsCompleted;
            while (TryTakePending())
            {
                Write(_sending);
                _isClosed |= (await writer.FlushAsync()).IsCompleted;
            }
        }
        catch (Exception)
        {
            Abandon();
        }
    }

    private void Write(FrameBuffer frames)
    {
        ReadOnlySpan<byte> bytes = frames.Written.Span;
        while (!bytes.IsEmpty)
        {
            Span<byte> space = writer.GetSpan();
            int count = Math.Min(space.Length, bytes.Length);
            bytes[..count].CopyTo(space);
            writer.Advance(count);
            bytes = bytes[count..];
        }

        BytesSent += frames.Count;
        frames.Clear();
    }

    /// <summary>Swaps the buffers when there is more to send; ends the flush when there is not.</summary>
    private bool TryTakePending()
    {
        lock (_gate)
        {
            if (_isClosed || _pending.IsEmpty)
            {
                EndFlush();
                return false;
            }

            (_pending, _sending) = (_sending, _pending);
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
        }
    }
}
