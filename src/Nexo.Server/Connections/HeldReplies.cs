using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Nexo.Protocol;
using Nexo.Server.Observability;
using Nexo.Storage;

namespace Nexo.Server.Connections;

/// <summary>
/// Replies of one connection that wait until the log has made durable what they tell, in the order of their requests:
/// a batch behind one that waits queues up, even when nothing of it waits itself. The reading thread adds, and one
/// callback of the log's releases whatever a commit has covered, so pipelined requests share a sync. It knows nothing of how
/// replies are encoded.
/// </summary>
/// <param name="outbox">Where they go.</param>
/// <param name="log">What they wait for.</param>
/// <param name="client">Whose they are: says what becomes of them when the log fails.</param>
internal sealed class HeldReplies(Outbox outbox, Wal log, ClientConnection client)
{
    public const string FailedMessage =
        "Writing to disk has failed, so it is not known whether this will survive; the server's log says why.";

    private readonly Lock _gate = new();
    private readonly Queue<HeldBatch> _batches = new();
    private readonly FrameBuffer _held = new();

    // Whoever is busy, the log's callback nearly always, alone touches these two.
    private readonly FrameBuffer _leaving = new();
    private readonly List<object> _notes = [];
    private ValueTaskAwaiter _durable;
    private SlowSubject _slowest;
    private long _slowestTicks;
    private Action? _onDurable;
    private TaskCompletionSource? _empty;
    private TaskCompletionSource? _closed;
    private long _failed;
    private volatile bool _isBusy;
    private bool _isClosed;

    /// <summary>True when nothing waits.</summary>
    public bool IsEmpty => !_isBusy;

    /// <summary>Bytes that wait for the log.</summary>
    public int Bytes
    {
        get
        {
            lock (_gate)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>Replies that became errors because the log failed.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>
    /// Sends a batch, which is empty afterwards: at once if nothing is in its way, else when it is durable. Only for the
    /// reading thread.
    /// </summary>
    /// <param name="batch">The replies.</param>
    /// <param name="until">What must be durable before; none: nothing of this batch waits.</param>
    /// <param name="note">What its client is told of with them (<see cref="ClientConnection.OnSent"/>); null: nothing.</param>
    public void Send(FrameBuffer batch, Lsn until, object? note)
    {
        if (client.IsSilenced)
        {
            batch.Clear();
            Tell(note);
            return;
        }

        if (!_isBusy && (until == Lsn.None || until <= log.DurableLsn))
        {
            // Nobody else can become busy: that begins here only.
            outbox.Send(batch);
            Tell(note);
            return;
        }

        if (!TryAdd(batch, new HeldBatch(until, batch.Count, note, client.BatchFrom), out bool isFirst))
        {
            Tell(note);
        }
        else if (isFirst)
        {
            WaitForFirst();
        }
    }

    /// <summary>Waits until nothing is held, or the connection has ended.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_gate)
        {
            if (!_isBusy || _isClosed)
            {
                return Task.CompletedTask;
            }

            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }

    /// <summary>Waits until there is room for more to be written, or the connection has ended.</summary>
    public Task WhenEitherAsync(Task room)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return Task.CompletedTask;
            }

            _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return Task.WhenAny(room, _closed.Task);
        }
    }

    /// <summary>The connection has ended: drops what is held and all that comes later.</summary>
    public void Close()
    {
        var notes = new List<object?>();
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            foreach (HeldBatch batch in _batches)
            {
                notes.Add(batch.Note);
            }

            _batches.Clear();
            _held.Dispose();
            _empty?.TrySetResult();
            _closed?.TrySetResult();
        }

        // What was opened ends, and needs to be going for that.
        notes.ForEach(Tell);
    }

    private void Tell(object? note)
    {
        if (note is not null)
        {
            client.OnSent(note);
        }
    }

    private bool TryAdd(FrameBuffer batch, in HeldBatch held, out bool isFirst)
    {
        lock (_gate)
        {
            isFirst = false;
            if (!_isClosed)
            {
                _held.AppendFrames(batch.Written.Span);
                _batches.Enqueue(held);
                isFirst = !_isBusy;
                _isBusy = true;
            }

            batch.Clear();
            return !_isClosed;
        }
    }

    // Runs where `_isBusy` was set, until it hands over to the log's callback or nothing is left.
    [SuppressMessage("Reliability", "CA2012", Justification = "Its awaiter is kept because it is awaited by hand, once:"
        + " an async method would allocate for every wait.")]
    private void WaitForFirst()
    {
        while (TryPeek(out Lsn until))
        {
            _durable = log.WhenDurableAsync(until).GetAwaiter();
            if (!_durable.IsCompleted)
            {
                _durable.UnsafeOnCompleted(_onDurable ??= OnDurable);
                return;
            }

            Release();
        }
    }

    private void OnDurable()
    {
        Release();
        WaitForFirst();
    }

    private void Release()
    {
        bool isFailed = false;
        try
        {
            _durable.GetResult();
        }
        catch (WalException)
        {
            isFailed = true;
        }

        if (TryTake(isFailed))
        {
            outbox.Send(_leaving);
            _notes.ForEach(client.OnSent);
            _notes.Clear();
        }

        if (_slowestTicks > 0)
        {
            client.NoteSlowDisk(_slowest, _slowestTicks);
            _slowestTicks = 0;
        }
    }

    /// <summary>False when nothing is left: then nobody is busy.</summary>
    private bool TryPeek(out Lsn until)
    {
        lock (_gate)
        {
            if (_batches.TryPeek(out HeldBatch first))
            {
                until = first.Until;
                return true;
            }

            until = Lsn.None;
            _isBusy = false;
            _empty?.TrySetResult();
            _empty = null;
            _leaving.Dispose();
            _held.Dispose();
            return false;
        }
    }

    /// <summary>Takes the batches that need not wait any more, or all of them when the log has failed.</summary>
    private bool TryTake(bool isFailed)
    {
        lock (_gate)
        {
            Lsn durable = log.DurableLsn;
            int taken = 0;
            long now = Stopwatch.GetTimestamp();
            while (_batches.TryPeek(out HeldBatch batch) && (isFailed || batch.Until <= durable))
            {
                _batches.Dequeue();
                ReadOnlySpan<byte> frames = _held.Written.Span.Slice(taken, batch.Bytes);
                if (client.IsSilenced)
                {
                    // Nor is what follows: the client could not tell what it answers.
                }
                else if (batch.Until <= durable)
                {
                    _leaving.AppendFrames(frames);
                    NoteIfSlow(batch, frames, now);
                }
                else
                {
                    // What the log could not keep is not acknowledged.
                    Interlocked.Add(ref _failed, client.TakeBack(frames, batch.Note, _leaving));
                }

                taken += batch.Bytes;
                if (batch.Note is not null)
                {
                    _notes.Add(batch.Note);
                }
            }

            _held.RemoveFirst(taken);
            return taken > 0;
        }
    }

    // Of those that one commit has covered, the one that waited longest.
    private void NoteIfSlow(in HeldBatch batch, ReadOnlySpan<byte> replies, long now)
    {
        long ticks = now - batch.From;
        if (batch.Until != Lsn.None && client.Slow.IsSlow(ticks) && ticks > _slowestTicks)
        {
            _slowestTicks = ticks;
            _slowest = client.DescribeReplies(replies);
        }
    }

    /// <summary>Replies that were sent together.</summary>
    private readonly record struct HeldBatch(Lsn Until, int Bytes, object? Note, long From);
}
