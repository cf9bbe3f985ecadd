namespace Nexo.Server.Resp;

// Commands that are answered later, before anything behind them is handled, and those that are not answered.
internal sealed partial class RespConnection
{
    private volatile RespWait? _waiting;
    private bool _isSilent;
    private bool _isNextMuted;

    // Of the command that is being handled.
    private bool _isMuted;

    /// <summary>True while the client waits in a blocking command.</summary>
    public bool IsBlocked => _waiting is not null;

    /// <summary>
    /// Has a command handled by a thread that reads nobody, before anything behind it is. In a transaction, which nobody may come
    /// between, it is done at once.
    /// </summary>
    public void Aside(Action handle)
    {
        if (IsExecuting)
        {
            handle();
            return;
        }

        Later(() =>
        {
            handle();
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>As above, slice by slice: while the log is behind, it waits. Ends with the answer.</summary>
    public void Aside(Func<bool> moveNext, Action answer)
    {
        if (IsExecuting)
        {
            while (moveNext())
            {
            }

            answer();
            return;
        }

        Later(async () =>
        {
            while (moveNext())
            {
                if (Broker.Persistence.IsCrowded)
                {
                    await Broker.Persistence.WhenLessCrowdedAsync().WaitAsync(ConnectionClosed);
                }
            }

            answer();
        });
    }

    /// <summary>
    /// Answers later: <paramref name="wait"/> runs on another thread and writes the answer when it has waited. What it is given
    /// ends when the client has gone, is unblocked by another, or the server stops.
    /// </summary>
    public void Block(Func<RespWait, ValueTask> wait) => Later(waits: true, handle: async () =>
    {
        using var waiting = new RespWait(ConnectionClosed);
        _waiting = waiting;
        LookAgain();
        if (MustNotWait)
        {
            waiting.End(withError: false);
        }

        try
        {
            await wait(waiting);
        }
        finally
        {
            _waiting = null;
            Volatile.Write(ref _blocked, null);
        }
    });

    /// <summary>Ends what it waits for; false: it does not wait.</summary>
    public bool Unblock(bool withError) => _waiting?.End(withError) ?? false;

    /// <summary>Says which commands are answered from here on: all of them again, none, or all but the next.</summary>
    public void Answer(RespAnswers answers)
    {
        _isSilent = answers == RespAnswers.None || (_isSilent && answers != RespAnswers.All);
        _isNextMuted = answers == RespAnswers.NotNext && !_isSilent;
        _isMuted = _isSilent;
    }

    protected override void OnSweep(long nowMs)
    {
        if (_waiting is { } waiting && MustNotWait)
        {
            waiting.End(withError: false);
        }
    }

    // Who waits is not read, so these are looked for.
    private bool MustNotWait => HasHungUp || IsGoingAway || IsEnding;

    private void Later(Func<ValueTask> handle, bool waits = false)
    {
        if (!_isMuted)
        {
            RunAside(handle, waits);
            return;
        }

        RunAside(async () =>
        {
            int before = Replies.Count;
            await handle();
            Replies.Truncate(before);
        }, waits);
    }

    private void BeginCommand()
    {
        _isMuted = _isSilent || _isNextMuted;
        _isNextMuted = false;
    }

    // Subscriptions are told of all the same, as messages are sent.
    private void EndCommand(RespCommand? command, int before)
    {
        bool isTold = command is not null && command.Has(RespFlags.PubSub) && command.Has(RespFlags.WhenSubscribed);
        if (_isMuted && !isTold)
        {
            Replies.Truncate(before);
        }
    }
}

/// <summary>Which commands are answered, for CLIENT REPLY.</summary>
internal enum RespAnswers
{
    All,
    None,
    NotNext,
}
