using System.Diagnostics;
using Nexo.Protocol;

namespace Nexo.Client;

/// <content>
/// Sending. A caller that is alone sends its request itself, on its own thread: nothing is quicker. With answers
/// outstanding there is company, and the flush is queued to the pool, behind the callers that the last answers woke:
/// what they ask for next leaves in the same write.
/// </content>
internal sealed partial class Connection : IThreadPoolWorkItem
{
    void IThreadPoolWorkItem.Execute() => Flush();

    /// <summary>
    /// Encodes a notice into the outbox; false when there is no room or the connection takes no more. It is always sent from the
    /// pool: what its caller sends next, without waiting for anything, leaves in the same write.
    /// </summary>
    public bool TrySendNotice(Opcode opcode, FrameBuffer? body, int headerBytes, Activity? trace)
    {
        bool flush;
        lock (_gate)
        {
            if (_closed || _goAway is not null || _outbox.FillingBytes > OutboxBytesMax)
            {
                return false;
            }

            _outbox.AddNotice(opcode, body, headerBytes, trace);
            flush = _outbox.TryStartFlush();
        }

        if (flush)
        {
            StartFlush(here: false);
        }

        return true;
    }

    private bool TrySendNotice(Operation operation)
    {
        if (!TrySendNotice(operation.Opcode, operation.Body, operation.HeaderBytes, operation.Trace))
        {
            return false;
        }

        if (operation.TakeBody() is { } body)
        {
            RequestBodies.Return(body);
        }

        operation.TryRead([]);
        operation.Signal(inline: false);
        return true;
    }

    private void StartFlush(bool here)
    {
        if (!here)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }

        if (!TryTakeBatch(out ReadOnlyMemory<byte> batch) || !TrySendNow(batch))
        {
            return;
        }

        // Others came meanwhile. Their requests are not this caller's to send.
        bool ended;
        lock (_gate)
        {
            ended = _outbox.TryEndFlush();
            if (ended)
            {
                _drained?.TrySetResult();
            }
        }

        if (!ended)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void Flush()
    {
        while (TryTakeBatch(out ReadOnlyMemory<byte> batch) && TrySendNow(batch))
        {
            _dispatcher.SendWaiting();
        }
    }

    private bool TryTakeBatch(out ReadOnlyMemory<byte> batch)
    {
        lock (_gate)
        {
            Volatile.Write(ref _lastSentAt, _time.GetTimestamp());
            batch = default;
            bool taken = !_closed && _outbox.TryTakeBatch(out batch);
            if (!taken)
            {
                _drained?.TrySetResult();
            }

            return taken;
        }
    }

    /// <summary>Sends; false when the socket is full, and the rest is sent, and the flush goes on, elsewhere; or when
    /// the connection has failed.</summary>
    private bool TrySendNow(ReadOnlyMemory<byte> batch)
    {
        try
        {
            ValueTask<int> send = _wire.SendAsync(batch);
            if (!send.IsCompletedSuccessfully)
            {
                _ = SendRestAsync(send, batch);
                return false;
            }

            int sent = send.GetAwaiter().GetResult();
            if (sent < batch.Length)
            {
                _ = SendRestAsync(ValueTask.FromResult(sent), batch);
                return false;
            }

            return true;
        }
        catch (Exception error) when (Wire.IsFailure(error))
        {
            Close(CallErrors.ConnectionLost("writing to it failed", error));
            return false;
        }
    }

    private async Task SendRestAsync(ValueTask<int> send, ReadOnlyMemory<byte> batch)
    {
        try
        {
            batch = batch[await send.ConfigureAwait(false)..];
            while (!batch.IsEmpty)
            {
                int sent = await _wire.SendAsync(batch).ConfigureAwait(false);
                batch = batch[sent..];
            }
        }
        catch (Exception error) when (Wire.IsFailure(error))
        {
            Close(CallErrors.ConnectionLost("writing to it failed", error));
            return;
        }

        _dispatcher.SendWaiting();
        Flush();
    }

    private void AnswerServer(in FrameHeader request, ReadOnlySpan<byte> body)
    {
        bool flush;
        lock (_gate)
        {
            if (request.Opcode == Opcode.Ping)
            {
                _outbox.AddFrame(Opcode.Ping, FrameKind.Reply, request.Correlation, body);
            }
            else
            {
                _outbox.AddError(
                    request.Opcode, FrameKind.Error, request.Correlation, ErrorCode.UnknownOpcode, "The client answers PING only.");
            }

            flush = _outbox.TryStartFlush();
        }

        if (flush)
        {
            StartFlush(here: false);
        }
    }
}
