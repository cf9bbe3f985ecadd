using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Nexo.Protocol;

namespace Nexo.Client;

/// <content>
/// Receiving. Replies are read where they are received, and their callers are woken through the pool, all but the last
/// one: once the next read is under way somewhere else, this thread has nothing left to do and runs that caller's
/// continuation itself. So a lone caller gets its answer without a hop from thread to thread, and a caller that
/// blocks never holds up the reading or another caller.
/// </content>
internal sealed partial class Connection
{
    private readonly ReceiveBuffer _received;
    private readonly Action _onReceived;
    private ValueTaskAwaiter<int> _receive;

    /// <summary>Starts to read.</summary>
    public void Start() => ReceiveAll(firstRead: null);

    private void OnReceived() => ReceiveAll(_receive);

    private void ReceiveAll(ValueTaskAwaiter<int>? firstRead)
    {
        Operation? last = null;
        NexoException? failure = null;
        try
        {
            failure = ReceiveUntilPending(firstRead, ref last);
        }
        catch (Exception error) when (Wire.IsFailure(error))
        {
            failure = CallErrors.ConnectionLost("reading from it failed", error);
        }

        if (failure is not null)
        {
            Close(failure);
            _received.Dispose();
        }

        last?.Signal(inline: true);
    }

    /// <summary>Returns null when a read is under way, whose end comes back to <see cref="OnReceived"/>; else why the
    /// connection must end.</summary>
    [SuppressMessage("Reliability", "CA2012", Justification = "The awaiter is used once: here, or in OnReceived.")]
    private NexoException? ReceiveUntilPending(ValueTaskAwaiter<int>? read, ref Operation? last)
    {
        while (true)
        {
            if (read is { } completed)
            {
                int count = completed.GetResult();
                if (count == 0)
                {
                    return _goAway ?? CallErrors.ConnectionLost("the server closed it");
                }

                _received.Received(count);
                Volatile.Write(ref _lastReceivedAt, _time.GetTimestamp());
            }

            if (TakeFrames(ref last) is { } violation)
            {
                return violation;
            }

            _dispatcher.SendWaiting();
            if (IsFinished())
            {
                return _goAway;
            }

            ValueTaskAwaiter<int> next = _wire.ReceiveAsync(_received.MakeRoom()).GetAwaiter();
            if (!next.IsCompleted)
            {
                _receive = next;
                next.UnsafeOnCompleted(_onReceived);
                return null;
            }

            // More is here already: do not keep the last caller waiting for it.
            last?.Signal(inline: false);
            last = null;
            read = next;
        }
    }

    private NexoException? TakeFrames(ref Operation? last)
    {
        while (true)
        {
            FrameStatus status = _received.TryTakeFrame(
                _frameBytesMax, out FrameHeader header, out ReadOnlySpan<byte> body);
            switch (status)
            {
                case FrameStatus.NeedHeader or FrameStatus.NeedBody:
                    return null;
                case FrameStatus.TooSmall:
                    return CallErrors.Violation("a frame's length cannot hold its header");
                case FrameStatus.TooLarge:
                    return CallErrors.Violation($"a frame is larger than the {_frameBytesMax} bytes agreed on");
                default:
                    if (TakeFrame(header, body, ref last) is { } violation)
                    {
                        return violation;
                    }

                    break;
            }
        }
    }

    private NexoException? TakeFrame(in FrameHeader header, ReadOnlySpan<byte> body, ref Operation? last)
    {
        if (Volatile.Read(ref _farewell) is not null)
        {
            return null;
        }

        ReadOnlySpan<byte> block = default;
        if ((header.Flags & FrameFlags.Headers) != 0 && !HeaderBlock.TrySplit(body, out block, out body))
        {
            return CallErrors.Violation("a header block is malformed");
        }

        switch (header.Kind)
        {
            case FrameKind.Reply or FrameKind.Error:
                return TakeAnswer(header, block, body, ref last);
            case FrameKind.Push or FrameKind.End:
                return TakeSubscriptionFrame(header, body);
            case FrameKind.Request:
                AnswerServer(header, body);
                return null;
            case FrameKind.Notice:
                return header.Correlation == 0 ? TakeNotice(header.Opcode, body) : TakeSubscriptionNotice(header, body);
            default:
                return CallErrors.Violation($"a frame is of kind {(byte)header.Kind}, which is none");
        }
    }

    private NexoException? TakeAnswer(
        in FrameHeader header, ReadOnlySpan<byte> block, ReadOnlySpan<byte> body, ref Operation? last)
    {
        bool success = header.Kind == FrameKind.Reply;
        Operation? operation;
        ILateReply? late;
        bool flush = false;
        lock (_gate)
        {
            if (_closed)
            {
                return null;
            }

            if (!_slots.TryFind(header.Correlation, out int index)
                || _slots[index].State is not (SlotState.Waiting or SlotState.Abandoned))
            {
                return CallErrors.Violation($"correlation {header.Correlation} is answered but was not asked");
            }

            ref Slot slot = ref _slots[index];
            operation = slot.Operation;
            late = slot.Late;
            slot.Operation = null;
            _slots.Answered();
            if (!success || slot.Subscription is null)
            {
                _slots.Release(index);
            }
            else if (operation is not null)
            {
                slot.State = SlotState.Subscribed;
            }
            else
            {
                // Opened after its caller had gone.
                StopSlot(index);
                flush = _outbox.TryStartFlush();
            }
        }

        if (flush)
        {
            StartFlush(here: false);
        }

        if (operation is null && success)
        {
            late?.OnLateReply(body);
        }

        if (operation?.ReplyHeaders is { } headers)
        {
            headers.Value = block.ToArray();
        }

        return operation is null ? null : Complete(operation, header, body, ref last);
    }

    private static NexoException? Complete(
        Operation operation, in FrameHeader header, ReadOnlySpan<byte> body, ref Operation? last)
    {
        NexoException? violation = null;
        if (header.Kind == FrameKind.Error)
        {
            bool read = ErrorBody.TryRead(body, out ErrorBody error);
            violation = read ? null : CallErrors.Violation("an error's body is malformed");
            operation.SetError(violation ?? CallErrors.FromServer(error));
        }
        else if (operation.Opcode != header.Opcode || !operation.TryRead(body))
        {
            violation = CallErrors.Violation($"the answer to {operation.Opcode} is malformed");
            operation.SetError(violation);
        }

        last?.Signal(inline: false);
        last = operation;
        return violation;
    }

    private NexoException? TakeSubscriptionFrame(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        Subscription? subscription;
        bool ends = header.Kind == FrameKind.End;
        lock (_gate)
        {
            if (_closed)
            {
                return null;
            }

            if (!_slots.TryFind(header.Correlation, out int index)
                || _slots[index].State is not (SlotState.Subscribed or SlotState.Stopping))
            {
                return CallErrors.Violation($"correlation {header.Correlation} is pushed to but is no subscription");
            }

            subscription = _slots[index].Subscription;
            if (ends)
            {
                _slots.Release(index);
            }
        }

        if (!ends)
        {
            return subscription is null || subscription.OnPush(body)
                ? null
                : CallErrors.Violation("an item of a subscription is malformed, or has no credit");
        }

        if (!ErrorBody.TryRead(body, out ErrorBody reason))
        {
            return CallErrors.Violation("the end of a subscription is malformed");
        }

        subscription?.OnEnd(reason.Code == ErrorCode.None ? null : CallErrors.FromServer(reason));
        return null;
    }

    private NexoException? TakeNotice(Opcode opcode, ReadOnlySpan<byte> body)
    {
        if (opcode == Opcode.GoAway)
        {
            return TakeGoAway(body);
        }

        if (opcode == Opcode.Report)
        {
            if (!ReportNotice.TryRead(body, out ReportNotice report))
            {
                return CallErrors.Violation("a report is malformed");
            }

            _dispatcher.Reported?.Invoke(report.Opcode, report.Count, CallErrors.FromServer(report.Error));
        }

        return null;
    }

    private NexoException? TakeSubscriptionNotice(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        Subscription? subscription = null;
        lock (_gate)
        {
            if (!_closed
                && _slots.TryFind(header.Correlation, out int index)
                && _slots[index] is { State: SlotState.Subscribed or SlotState.Stopping } slot)
            {
                subscription = slot.Subscription;
            }
        }

        return subscription is null || subscription.OnNotice(body)
            ? null
            : CallErrors.Violation("a notice about a subscription is malformed");
    }

    private NexoException? TakeGoAway(ReadOnlySpan<byte> body)
    {
        if (!ErrorBody.TryRead(body, out ErrorBody reason))
        {
            return CallErrors.Violation("the reason of a GOAWAY is malformed");
        }

        NexoException goAway = CallErrors.ConnectionLost(
            $"the server ended it ({reason.Code}: {reason.MessageText})", CallErrors.FromServer(reason));
        lock (_gate)
        {
            _goAway = goAway;
        }

        _dispatcher.Detach(this, keepUntilClosed: true);
        _retired.TrySetResult(goAway);
        return null;
    }

    /// <summary>Told to go away, and all that was in flight is answered.</summary>
    private bool IsFinished()
    {
        lock (_gate)
        {
            return _goAway is not null && _slots.InFlight == 0;
        }
    }
}
