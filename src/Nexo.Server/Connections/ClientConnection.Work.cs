using Nexo.Engine.Queues;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Storage;

namespace Nexo.Server.Connections;

// What a connection has to do with the log, the queues and the topics: which replies wait for the log, and when it is not read
// because of it; what its requests have made deliverable and published.
internal abstract partial class ClientConnection
{
    // Of the batch so far.
    private bool _batchWaits;

    // Since the log was last looked at: those who only read are never held for it.
    private bool _hasWritten;

    private TopicWork? _topicWork;
    private TaskCompletionSource? _subscribersGone;
    private int _subscribers;

    // A request that takes long: it is handled on another thread, before anything more is.
    private Func<ValueTask>? _aside;
    private bool _asideWaits;

    // The last batch goes to more subscriptions than one turn delivers to: the others have theirs before anything more is read.
    private bool _isFanningOut;

    /// <summary>Queues in which this batch may have made something deliverable. Only for the reading thread.</summary>
    public QueueWork QueueWork { get; } = new();

    /// <summary>Who it is to the topics.</summary>
    public TopicOwner TopicOwner { get; } = new();

    /// <summary>What this batch has published. Only for the reading thread.</summary>
    public TopicWork TopicWork => _topicWork ??= new TopicWork(QueueWork);

    /// <summary>True when it may have left a will. Only for the reading thread.</summary>
    public bool HasWill { get; set; }

    /// <summary>What was done has changed something that is logged: its client waits when the log is behind.</summary>
    public void NoteWritten() => _hasWritten = true;

    /// <summary>The replies of this batch leave when the log has made durable what they tell. Only for the reading thread.</summary>
    public void AwaitLog() => _batchWaits = true;

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

    /// <summary>Its replies of this batch have been sent, and are durable if they had to be: what it has opened may begin.</summary>
    internal virtual void OnSent(object note)
    {
    }

    /// <summary>
    /// True when nothing more may be answered: one reply was taken back for several, so what came later would be taken for an answer
    /// to something else.
    /// </summary>
    internal virtual bool IsSilenced => false;

    /// <summary>
    /// Writes what is said instead of replies that the log could not keep; the connection's own thread may be at work meanwhile.
    /// Returns how many were refused.
    /// </summary>
    internal abstract int TakeBack(ReadOnlySpan<byte> replies, object? note, FrameBuffer instead);

    /// <summary>As <see cref="OnSent"/> with <see cref="TakeNote"/>, of a batch that has nothing to wait for.</summary>
    protected virtual void OnBatchSent()
    {
        if (TakeNote() is { } note)
        {
            OnSent(note);
        }
    }

    /// <summary>What is to be known of this batch when it has been sent, or could not be; null: nothing.</summary>
    protected virtual object? TakeNote() => null;

    /// <summary>All receivers have what this batch has published. By the thread that has delivered the last of it.</summary>
    protected virtual void OnFannedOut()
    {
    }

    /// <summary>True while what is fanned out holds up others who want the log: then it does not pause again and again.</summary>
    protected virtual bool HoldsUpLog => false;

    /// <summary>
    /// Has something done by a thread that reads nobody, which takes its time: what the client has sent behind it waits, so its
    /// answer comes in its turn. Only for the reading thread, in <see cref="Feed"/>.
    /// </summary>
    /// <param name="waits">It waits for others: the time that it takes is not that of its work.</param>
    protected void RunAside(Func<ValueTask> handle, bool waits = false)
    {
        _aside = handle;
        _asideWaits = waits;
    }

    // A client that says that it goes away is not lost, nor is one that the server sends away when it stops.
    protected virtual void EndWill()
    {
        if (!HasWill)
        {
            return;
        }

        HasWill = false;
        if (_isClientLeaving || _isGoingAway || All.IsStopping)
        {
            Broker.Topics.Wills.Clear(TopicOwner);
        }
        else
        {
            Broker.Topics.Wills.Lost(TopicOwner);
        }
    }

    // Everything that the batch has done or seen has been appended by now, so the end of the log is far enough. What
    // others have appended meanwhile is on its way in the same commit, or nearly always so.
    private void SendWhenDurable(HeldReplies held)
    {
        Lsn until = _batchWaits ? Broker.Persistence.Log!.AppendedLsn : Lsn.None;
        held.Send(_batch, until, TakeNote());
        _batchWaits = false;
    }

    // Past either bound more is not read: replies that wait for the disk, or records that wait to be written.
    private bool MustWaitForDisk(HeldReplies held)
    {
        bool hasWritten = _hasWritten;
        _hasWritten = false;
        return (hasWritten && Broker.Persistence.IsCrowded)
            || (!held.IsEmpty && held.Bytes > ReplyBytesMax);
    }

    private async Task WaitForDiskAsync(HeldReplies held)
    {
        await SendAllAsync();
        _isHeld = true;
        if (Broker.Persistence.IsCrowded)
        {
            await held.WhenEitherAsync(Broker.Persistence.WhenLessCrowdedAsync());
        }

        if (held.Bytes > ReplyBytesMax)
        {
            await held.WhenEmptyAsync();
        }

        // Off the thread that woke everybody who waited for the log: what follows may take long.
        await Task.Yield();
        _isHeld = false;
    }

    // Nothing can be settled any more: what was not comes back at once, and what was pushed last still goes out.
    private async ValueTask GiveBackAllAsync()
    {
        await GiveBackAsync();
        RunTopicWork();
        await FinishFanOutAsync();
        EndWill();
        QueueWork.Run();
    }

    private void RunTopicWork()
    {
        if (_topicWork is { IsEmpty: false } work)
        {
            _isFanningOut = work.Run();
        }

        if (!_isFanningOut)
        {
            OnFannedOut();
        }
    }

    /// <summary>Before the client is held up: others have all that it has published and pushed, who do not wait for it.</summary>
    protected ValueTask SendAllAsync()
    {
        SendBatch();
        return _isFanningOut ? new ValueTask(FinishFanOutAsync()) : ValueTask.CompletedTask;
    }

    private async Task RunAsideAsync(Func<ValueTask> handle)
    {
        _aside = null;
        await SendAllAsync();
        _isHeld = true;
        await Task.Yield();
        await handle();
        _isHeld = false;
    }

    /// <summary>
    /// Delivers the rest of a long fan-out, on a thread that reads nobody. The order is kept: nothing more is read meanwhile.
    /// </summary>
    private async Task FinishFanOutAsync()
    {
        _isHeld = true;
        bool isAside = false;
        while (_isFanningOut)
        {
            if (!isAside || !HoldsUpLog)
            {
                await Task.Yield();
                isAside = true;
            }

            RunTopicWork();
        }

        _isHeld = false;
        if (_batchWaits)
        {
            SendBatch();
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
}
