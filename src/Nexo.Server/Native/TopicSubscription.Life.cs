using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

// The life of a subscription: its beginning, its retained messages, its end.
internal sealed partial class TopicSubscription
{
    // What has taken so long leaves its thread to others.
    private const int PagesAtOnce = 8;
    private const int GivenBackAtOnce = 64;

    // Retained messages wait while other large ones are on their way to other connections: these are taken, or cut, in time.
    private static readonly TimeSpan Later = TimeSpan.FromMilliseconds(20);

    private TopicSubscriber? _subscriber;
    private string _endMessage = string.Empty;
    private ErrorCode _endCode;
    private bool _hasRetained;
    private bool _isReadingRetained;
    private bool _isStarted;
    private bool _isEnding;
    private bool _isGivingBack;

    public TopicStatus Open(TopicService topics, TopicSubscribeOptions options, TopicFilterList filters)
    {
        TopicStatus status = topics.Subscribe(this, options, filters, out _subscriber);
        if (_subscriber is not null)
        {
            _hasRetained = _subscriber.HasRetained;
            _connection.CountSubscriber(1);
        }

        return status;
    }

    public TopicStatus Change(TopicFilterList added, TopicFilterList removed)
    {
        TopicStatus status = _subscriber!.Change(added, removed);

        // The rules may have changed since the filters were looked at.
        Interlocked.MemoryBarrier();
        if (!IsAllowed(_connection.Access))
        {
            End(ErrorCode.PermissionDenied, NativeConnection.Withdrawn);
        }

        if (_subscriber.HasRetained)
        {
            lock (_outbox.Gate)
            {
                _hasRetained = true;
                FillAll();
            }
        }

        return status;
    }

    public bool IsAllowed(Access access) =>
        ReferenceEquals(access, Access.Everything) || _subscriber!.AllFilters(filter => access.Covers(AccessOperation.Read, filter));

    public void Start()
    {
        bool isEnded;
        bool wantsRoom;
        lock (_outbox.Gate)
        {
            _isStarted = true;
            isEnded = _isEnding;
            wantsRoom = WantsRoom;
            NoteLoad();
        }

        // Not on this thread, which may be the one that wakes all who wait for the log.
        if (isEnded)
        {
            FinishSoon();
        }
        else if (wantsRoom)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static self => self.AddCredits(0), this, preferLocal: false);
        }
    }

    public void End(ErrorCode code, string message)
    {
        lock (_outbox.Gate)
        {
            BeginEnd(code, message);
        }
    }

    private void EndForSlowness() => BeginEnd(
        ErrorCode.SlowConsumer,
        "More messages waited for this subscription than its outbox may hold, and it is set to end then.");

    private void BeginEnd(ErrorCode code, string message)
    {
        if (_isEnding)
        {
            return;
        }

        if (code == ErrorCode.SlowConsumer)
        {
            _connection.Server.TopicBuffers.CountEndedSlow();
        }

        _isEnding = true;
        _endCode = code;
        _endMessage = message;
        NoteLoad();
        if (_isStarted)
        {
            FinishSoon();
        }
    }

    // Where messages were delivered, or requests are read, is no time to give back what others are to get.
    private void FinishSoon() => ThreadPool.UnsafeQueueUserWorkItem(static self => self.Finish(), this, preferLocal: false);

    private void BeginReadingRetained()
    {
        _isReadingRetained = true;
        _connection.CountSubscriber(1);
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.ReadRetained(), this, preferLocal: false);
    }

    /// <summary>
    /// Sends retained messages, page by page as there are credits and room, and in turns what else waits: no page is larger than what
    /// can be sent, so none of them is dropped. What comes meanwhile waits.
    /// </summary>
    private void ReadRetained()
    {
        int pages = 0;
        while (TryReservePage(out int messagesMax))
        {
            if (messagesMax == 0 || pages++ == PagesAtOnce)
            {
                _outbox.Flush();
                _ = ReadRetainedLaterAsync(messagesMax == 0 ? Later : TimeSpan.Zero);
                return;
            }

            bool hasMore = _subscriber!.NextRetained(FrameBytes, messagesMax);
            lock (_outbox.Gate)
            {
                // More may have been asked for meanwhile.
                _hasRetained = hasMore || _subscriber.HasRetained;
            }
        }

        _outbox.Flush();
        _connection.CountSubscriber(-1);
    }

    private async Task ReadRetainedLaterAsync(TimeSpan pause)
    {
        await Task.Delay(pause, _connection.Server.Time).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        ReadRetained();
    }

    /// <summary>True: there is room for a page of so many messages; with none, there is later.</summary>
    private bool TryReservePage(out int messagesMax)
    {
        lock (_outbox.Gate)
        {
            if (MaySend && !_waiting.IsEmpty && _credits > 0 && _outbox.HasRoom)
            {
                SendWaiting();
            }

            messagesMax = _connection.Server.TopicBuffers.IsCrowded ? 0 : (int)_credits;
            if (_hasRetained && MaySend && _credits > 0 && _outbox.HasRoom)
            {
                return true;
            }

            _isReadingRetained = false;
            FillAll();
            return false;
        }
    }

    private void Finish()
    {
        // Once this has returned, no group gives it anything.
        _subscriber!.Dispose();
        GiveBack();
        using var end = new FrameBuffer();
        ErrorBody.WriteFrame(end, Opcode.TopicSubscribe, FrameKind.End, Id, _endCode, _endMessage);
        _connection.Complete(Id, end);
        _connection.CountSubscriber(-1);
    }

    /// <summary>Gives what groups have given it to their other members, and forgets the rest.</summary>
    private void GiveBack()
    {
        TopicService topics = _connection.Server.Topics;
        var work = new TopicWork();
        int lost = 0;
        int taken = 0;
        using var message = new FrameBuffer();
        while (TryTakeShared(message, out TopicGroup? share, ref lost))
        {
            if (share is not null && PublishedMessage.TryReadNext(message.Written.Span, out PublishedMessage published, out _))
            {
                var back = new TopicMessage { Topic = published.Topic, Headers = published.Headers, Body = published.Body };
                topics.GiveBack(share, back, work);
            }

            else
            {
                lost++;
            }

            // Not all at once: that may be a whole outbox.
            if (++taken % GivenBackAtOnce == 0 || message.Count > FrameBytes)
            {
                RunAll(work);
            }

            message.Clear();
        }

        RunAll(work);
        if (_endCode == ErrorCode.SlowConsumer)
        {
            _subscriber!.CountDropped(lost);
        }
    }

    private static void RunAll(TopicWork work)
    {
        while (work.Run())
        {
        }
    }

    private bool TryTakeShared(FrameBuffer message, out TopicGroup? share, ref int lost)
    {
        lock (_outbox.Gate)
        {
            _isGivingBack = true;
            share = null;
            if (_shares is null || !_waiting.TryTake(message, out uint number))
            {
                lost += _waiting.Count;
                _waiting.Clear();
                return false;
            }

            share = number == 0 ? null : _shares[(int)number - 1];
            return true;
        }
    }
}
