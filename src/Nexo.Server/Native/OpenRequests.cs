using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>
/// What is open on a connection beyond the batch that is being handled: requests that wait and subscriptions, by
/// correlation. Thread-safe; calls nobody under its lock.
/// </summary>
internal sealed class OpenRequests(int max)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, object> _open = [];
    private readonly List<object> _added = [];
    private TaskCompletionSource? _empty;
    private (ErrorCode Code, string Message)? _ended;
    private int _answering;

    private bool IsEmpty => _open.Count == 0 && _answering == 0;

    /// <summary>Whether one more may be opened under this correlation.</summary>
    public ErrorCode TryReserve(uint correlation)
    {
        lock (_gate)
        {
            return _open.ContainsKey(correlation) ? ErrorCode.CorrelationInUse
                : _open.Count >= max ? ErrorCode.TooManyInFlight
                : ErrorCode.None;
        }
    }

    public void Add(uint correlation, object opened)
    {
        (ErrorCode Code, string Message)? ended;
        lock (_gate)
        {
            _open.Add(correlation, opened);
            ended = _ended;
        }

        _added.Add(opened);
        if (ended is { } end)
        {
            (opened as ISubscription)?.End(end.Code, end.Message);
        }
    }

    /// <summary>Sets going what was added since the last call. Only for the reading thread.</summary>
    public void StartAdded()
    {
        if (_added.Count == 0)
        {
            return;
        }

        Start(_added);
        _added.Clear();
    }

    /// <summary>
    /// Takes what was added since the last call, for <see cref="Start"/>; null: nothing. Only for the reading thread.
    /// </summary>
    public object[]? TakeAdded()
    {
        if (_added.Count == 0)
        {
            return null;
        }

        object[] added = [.. _added];
        _added.Clear();
        return added;
    }

    /// <summary>Sets going what was added, once its replies have been sent.</summary>
    public static void Start(IReadOnlyList<object>? added)
    {
        for (int i = 0; i < added?.Count; i++)
        {
            if (added[i] is ISubscription subscription)
            {
                subscription.Start();
            }
            else
            {
                ((WaitingRequest)added[i]).Start();
            }
        }
    }

    /// <summary>
    /// Frees the correlation before the last frame under it is sent, since the client may use it again at once.
    /// <see cref="EndAnswer"/> follows when the frame has been sent.
    /// </summary>
    public void BeginAnswer(uint correlation)
    {
        lock (_gate)
        {
            _open.Remove(correlation);
            _answering++;
        }
    }

    public void EndAnswer()
    {
        lock (_gate)
        {
            _answering--;
            if (IsEmpty)
            {
                _empty?.TrySetResult();
            }
        }
    }

    public void AddCredits(uint correlation, uint credits) => (Find(correlation) as ISubscription)?.AddCredits(credits);

    public ISubscription? FindSubscription(uint correlation) => Find(correlation) as ISubscription;

    public void Cancel(uint correlation) => (Find(correlation) as WaitingRequest)?.Cancel();

    public void Stop(uint correlation) => (Find(correlation) as ISubscription)?.End(ErrorCode.None, string.Empty);

    /// <summary>Ends all subscriptions, and at once each that is still to come.</summary>
    public void EndSubscriptions(ErrorCode code, string message)
    {
        lock (_gate)
        {
            _ended = (code, message);
        }

        foreach (object opened in Snapshot())
        {
            (opened as ISubscription)?.End(code, message);
        }
    }

    /// <summary>Ends what is not allowed any more; says how many that were.</summary>
    public int Withdraw(Access access, string message)
    {
        int ended = 0;
        foreach (object opened in Snapshot())
        {
            ended += Withdraw(opened, access, message) ? 1 : 0;
        }

        return ended;
    }

    /// <summary>Ends one if it is not allowed.</summary>
    public static bool Withdraw(object opened, Access access, string message)
    {
        switch (opened)
        {
            case ISubscription subscription when !subscription.IsAllowed(access):
                subscription.End(ErrorCode.PermissionDenied, message);
                return true;
            case WaitingRequest waiting when !waiting.IsAllowed(access):
                waiting.Cancel();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Ends when nothing is open and every answer has been sent.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_gate)
        {
            if (IsEmpty)
            {
                return Task.CompletedTask;
            }

            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }

    /// <summary>The connection is gone: cancels and ends everything.</summary>
    public void Close(ErrorCode code, string message)
    {
        StartAdded();
        foreach (object opened in Snapshot())
        {
            (opened as ISubscription)?.End(code, message);
            (opened as WaitingRequest)?.Cancel();
        }
    }

    private object? Find(uint correlation)
    {
        lock (_gate)
        {
            return _open.GetValueOrDefault(correlation);
        }
    }

    private object[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _open.Values];
        }
    }
}
