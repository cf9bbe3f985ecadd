using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

// MULTI and WATCH. What EXEC does, nobody comes between: the store is held all the while.
internal sealed partial class RespConnection
{
    private const int WatchedMax = 65_536;

    // What a queued command and a watched key take besides their bytes, about.
    private const int QueuedOverheadBytes = 112;
    private const int ArgumentOverheadBytes = 8;
    private const int WatchedOverheadBytes = 72;
    private const int QueueKept = 1_024;

    private readonly List<QueuedCommand> _queue = [];
    private readonly List<WatchedKey> _watched = [];
    private long _queuedBytes;
    private long _watchedBytes;
    private bool _isAborted;

    /// <summary>True between MULTI and EXEC.</summary>
    public bool IsQueueing { get; private set; }

    /// <summary>True within EXEC: nothing may wait then.</summary>
    public bool IsExecuting { get; private set; }

    public int QueuedCount => IsQueueing ? _queue.Count : -1;

    public int WatchedCount => _watched.Count;

    public void BeginTransaction() => IsQueueing = true;

    /// <summary>Remembers what a key is now; false: too many are watched already.</summary>
    public bool TryWatch(ReadOnlySpan<byte> key)
    {
        int bytes = key.Length + WatchedOverheadBytes;
        if (_watched.Count == WatchedMax || _watchedBytes + bytes > CommandBytesMax)
        {
            return false;
        }

        _watchedBytes += bytes;
        _watched.Add(new WatchedKey(key.ToArray(), Server.Store.Look(key)));
        return true;
    }

    public void Unwatch()
    {
        _watched.Clear();
        _watchedBytes = 0;
        if (_watched.Capacity > QueueKept)
        {
            _watched.Capacity = 0;
        }
    }

    /// <summary>Forgets what was queued and watched.</summary>
    public void Discard()
    {
        IsQueueing = false;
        _isAborted = false;
        ForgetQueue();
        Unwatch();
    }

    /// <summary>Does what was queued, and answers with all the answers, or says why not.</summary>
    public void Exec()
    {
        if (_isAborted)
        {
            Discard();
            Fail("EXECABORT Transaction discarded because of previous errors."u8);
            return;
        }

        IsExecuting = true;
        try
        {
            using StoreScope scope = Server.Store.EnterAll();
            if (HasChanged())
            {
                Writer.NullArray();
                return;
            }

            RunQueued();
        }
        finally
        {
            IsExecuting = false;
            Discard();
        }
    }

    private void RunQueued()
    {
        int start = Replies.Count;
        bool isTooLarge = false;
        Writer.Array(_queue.Count);
        foreach (QueuedCommand queued in _queue)
        {
            // Its rules may have changed since it was queued.
            if (MayTouch(queued.Command, queued.Words))
            {
                Run(queued.Command, queued.Words);
            }

            if (Replies.Count - start > Server.AnswerBytesMax)
            {
                // All of it is done, as promised.
                isTooLarge = true;
                Replies.Truncate(start);
            }
        }

        if (isTooLarge)
        {
            Replies.Truncate(start);
            Fail("ERR the transaction was done, but its answers are larger than four times connections.frame-bytes-max"u8);
        }
    }

    private void Queue(RespCommand command, RespArguments arguments)
    {
        // What is not going to be done need not be kept.
        if (_isAborted)
        {
            Writer.Simple("QUEUED"u8);
            return;
        }

        QueuedCommand queued = Keep(command, arguments);
        _queuedBytes += queued.Bytes.Length + QueuedOverheadBytes + ((long)queued.Ranges.Length * ArgumentOverheadBytes);
        if (_queuedBytes > CommandBytesMax)
        {
            FailQueued();
            Fail("ERR the transaction is larger than connections.frame-bytes-max allows"u8);
            return;
        }

        _queue.Add(queued);
        Writer.Simple("QUEUED"u8);
    }

    // Own the bytes here: they belong to the socket and die with this read.
    private static QueuedCommand Keep(RespCommand command, RespArguments arguments)
    {
        var ranges = new RespRange[arguments.Count];
        int size = 0;
        for (int i = 0; i < ranges.Length; i++)
        {
            ranges[i] = new RespRange(size, arguments[i].Length);
            size += arguments[i].Length;
        }

        byte[] bytes = new byte[size];
        for (int i = 0; i < ranges.Length; i++)
        {
            arguments[i].CopyTo(bytes.AsSpan(ranges[i].Start));
        }

        return new QueuedCommand(command, bytes, ranges);
    }

    // What could not even be queued spoils the whole.
    private void FailQueued()
    {
        if (IsQueueing)
        {
            _isAborted = true;
            ForgetQueue();
        }
    }

    private void ForgetQueue()
    {
        _queue.Clear();
        _queuedBytes = 0;
        if (_queue.Capacity > QueueKept)
        {
            _queue.Capacity = 0;
        }
    }

    private bool HasChanged()
    {
        foreach (WatchedKey watched in _watched)
        {
            if (Server.Store.Look(watched.Key) != watched.State)
            {
                return true;
            }
        }

        return false;
    }

    private sealed record QueuedCommand(RespCommand Command, byte[] Bytes, RespRange[] Ranges)
    {
        public RespArguments Words => new(Bytes, Ranges);
    }

    private readonly record struct WatchedKey(byte[] Key, StoreKeyState State);
}
