using Nexo.Engine.Topics;
using Nexo.Protocol;

namespace Nexo.Server.Native;

// What a connection has to do with the topics: what it has published and is still to be delivered, and what of it has failed.
internal sealed partial class NativeConnection
{
    private TopicWork? _topicWork;
    private FailureReports? _reports;
    private TaskCompletionSource? _subscribersGone;
    private int _subscribers;

    // A request that takes long: it is handled on another thread, before anything more is.
    private Action? _aside;

    // The last batch goes to more subscriptions than one turn delivers to: the others have theirs before anything more is read.
    private bool _isFanningOut;

    /// <summary>Who it is to the topics.</summary>
    public TopicOwner TopicOwner { get; } = new();

    /// <summary>What this batch has published. Only for the reading thread.</summary>
    public TopicWork TopicWork => _topicWork ??= new TopicWork(QueueWork);

    /// <summary>Notices that have failed. Only for the reading thread.</summary>
    public FailureReports Reports => _reports ?? Interlocked.CompareExchange(ref _reports, new FailureReports(), null) ?? _reports;

    /// <summary>True when it may have left a will. Only for the reading thread.</summary>
    public bool HasWill { get; set; }

    /// <summary>The subscription of this correlation; null: there is none.</summary>
    public ISubscription? FindSubscription(uint correlation) => _open.FindSubscription(correlation);

    /// <summary>
    /// Has a request, or a notice, of the batch handled by a thread that reads nobody, which takes its time: what the client has
    /// sent behind it waits, so its answer comes in its turn.
    /// </summary>
    public void RunAside(in Request request, Action<Request> handle)
    {
        // Own the bytes here: they belong to the socket and die with the handler.
        byte[] body = request.Body.ToArray();
        var header = new FrameHeader(0, request.Opcode, FrameKind.Request, FrameFlags.None, request.Correlation);
        _aside = () => handle(new Request(this, header, default, body));
    }

    /// <summary>What was published has changed something that is logged: its sender waits when the log is behind.</summary>
    public void NoteWritten() => _hasWritten = true;

    /// <summary>
    /// Something begins, or has ended, that works with the topics on other threads. The connection has not ended before it has: then the
    /// topics may go.
    /// </summary>
    public void CountSubscriber(int change)
    {
        if (Interlocked.Add(ref _subscribers, change) == 0)
        {
            Volatile.Read(ref _subscribersGone)?.TrySetResult();
        }
    }

    private Task WhenSubscribersGoneAsync()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _subscribersGone, gone);
        if (Volatile.Read(ref _subscribers) == 0)
        {
            gone.TrySetResult();
        }

        return gone.Task;
    }

    // Called by the sweep: a flood of failures is told some times a second.
    private void PostReport()
    {
        if (_reports is null || !_isReady || _outbox.BytesPending > Outbox.RoomBytes)
        {
            return;
        }

        using var report = new FrameBuffer();
        if (_reports.TryTake(report, Server.Topics.Limits))
        {
            Post(report);
        }
    }

    /// <summary>
    /// Tells with the replies of this batch what has failed so far, so that a client can ask. Only for the reading thread.
    /// </summary>
    public void WriteReport() => _reports?.TryTake(_batch, Server.Topics.Limits);

    private void OnPublishNotice(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        _requests++;
        ReadOnlySpan<byte> headers = default;
        bool isWellFormed = header.Flags == FrameFlags.None
            || (header.Flags == FrameFlags.Headers && HeaderBlock.TrySplit(body, out headers, out body));
        if (!isWellFormed || _isGoingAway)
        {
            _errors++;
            Reports.Add(header.Opcode, header.Correlation, isWellFormed ? ErrorCode.ShuttingDown : ErrorCode.Malformed);
            return;
        }

        var notice = new Request(this, header, headers, body);
        if (header.Opcode == Opcode.TopicPublish)
        {
            TopicHandlers.PublishNotice(notice);
        }
        else
        {
            TopicHandlers.PublishBatchNotice(notice);
        }
    }

    // A client that says that it goes away is not lost, nor is one that the server sends away when it stops.
    private void EndWill()
    {
        if (!HasWill)
        {
            return;
        }

        HasWill = false;
        if (_isClientLeaving || _isGoingAway || Server.IsStopping)
        {
            Server.Topics.Wills.Clear(TopicOwner);
        }
        else
        {
            Server.Topics.Wills.Lost(TopicOwner);
        }
    }

    private void RunTopicWork()
    {
        if (_topicWork is { IsEmpty: false } work)
        {
            _isFanningOut = work.Run();
        }
    }

    /// <summary>Before the client is held up: others have all that it has published and pushed, who do not wait for it.</summary>
    private ValueTask SendAllAsync()
    {
        SendBatch();
        return _isFanningOut ? new ValueTask(FinishFanOutAsync()) : ValueTask.CompletedTask;
    }

    private async Task RunAsideAsync(Action handle)
    {
        _aside = null;
        await SendAllAsync();
        _isHeld = true;
        await Task.Yield();
        handle();
        _isHeld = false;
    }

    /// <summary>
    /// Delivers the rest of a long fan-out, on a thread that reads nobody. The order is kept: nothing more is read meanwhile.
    /// </summary>
    private async Task FinishFanOutAsync()
    {
        _isHeld = true;
        while (_isFanningOut)
        {
            await Task.Yield();
            RunTopicWork();
        }

        _isHeld = false;
    }
}
