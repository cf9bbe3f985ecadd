using System.Diagnostics.CodeAnalysis;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A subscription to topics over the connections that it takes: it is opened again, by itself, with all filters that it has by then.
/// What opens it or changes its filters is done one after the other.
/// </summary>
[SuppressMessage(
    "Usage", "CA2213", Justification = "Calls may still be under way in what is disposed; neither holds what must be freed.")]
internal sealed class TopicFeed : IAsyncDisposable
{
    private readonly NexoClient _client;
    private readonly TopicSubscribeOptions _options;
    private readonly TimeSpan _timeout;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string[] _filters;
    private volatile TopicOpening? _opening;
    private int _closed;

    public TopicFeed(
        NexoClient client,
        IEnumerable<string> filters,
        TopicSubscribeOptions options,
        TimeSpan timeout,
        ITopicReceiver receiver)
    {
        options.Require();
        _client = client;
        _options = options;
        _timeout = timeout;
        _filters = [.. filters.Distinct(StringComparer.Ordinal)];
        Receiver = receiver;
    }

    public ITopicReceiver Receiver { get; }

    /// <summary>The filters that the server has accepted.</summary>
    public IReadOnlyList<string> Filters => _filters;

    /// <summary>Ends when nothing comes any more, with the reason unless it was to be so.</summary>
    public Task Over => _over.Task;

    public async ValueTask OpenAsync(CancellationToken cancel)
    {
        await _changing.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await SubscribeAsync(_timeout, cancel).ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Opens it again unless it is open, and returns the connection on which it is.</summary>
    public async ValueTask<Connection> OpenedOnAsync(CancellationToken cancel)
    {
        await EnsureOpenAsync(cancel).ConfigureAwait(false);
        return _opening!.Connection!;
    }

    /// <summary>Adds and removes filters, all or none; a connection that is lost meanwhile is bridged.</summary>
    public async ValueTask ChangeAsync(
        IReadOnlyCollection<string> added, IReadOnlyCollection<string> removed, CancellationToken cancel)
    {
        if (added.Count + removed.Count == 0)
        {
            return;
        }

        var deadline = new Deadline(_timeout, _client.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closing.Token);
        try
        {
            while (!await TryChangeAsync(added, removed, deadline, either.Token).ConfigureAwait(false))
            {
                await Task.Delay(Reopening.Pause, _client.Time, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw Ended();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await FinishAsync(null).ConfigureAwait(false);
        Stop();
    }

    /// <summary>The reader is too slow, and that is to be the end.</summary>
    public void EndSlow()
    {
        _ = FinishAsync(new NexoException(
            ErrorCode.SlowConsumer,
            "The subscription was ended: its reader is slower than its messages come.",
            retryable: true));
        Stop();
    }

    /// <summary>The opening has ended. Called by the receiving thread.</summary>
    public void OnEnded(NexoException? error)
    {
        if (error is { Retryable: true, Code: not ErrorCode.SlowConsumer })
        {
            _ = Task.Run(ReopenAsync, CancellationToken.None);
        }
        else
        {
            _ = FinishAsync(error);
        }
    }

    private async Task ReopenAsync()
    {
        try
        {
            await Reopening.UntilDoneAsync(
                EnsureOpenAsync, _client.Time, _closing.Token, Reopening.ManyRefusals).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
        catch (NexoException error)
        {
            await FinishAsync(error).ConfigureAwait(false);
        }
    }

    private async ValueTask EnsureOpenAsync(CancellationToken cancel)
    {
        await _changing.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_opening is { HasEnded: true })
            {
                await SubscribeAsync(_timeout, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>False when the connection was lost before it was known what became of it.</summary>
    private async ValueTask<bool> TryChangeAsync(
        IReadOnlyCollection<string> added, IReadOnlyCollection<string> removed, Deadline deadline, CancellationToken cancel)
    {
        try
        {
            await ChangeOnceAsync(added, removed, deadline, cancel).ConfigureAwait(false);
            return true;
        }
        catch (NexoException error) when (!deadline.IsOver
            && error.Code is ClientErrorCode.ConnectionLost or ErrorCode.ShuttingDown)
        {
            return false;
        }
    }

    private async ValueTask ChangeOnceAsync(
        IReadOnlyCollection<string> added, IReadOnlyCollection<string> removed, Deadline deadline, CancellationToken cancel)
    {
        await WaitForTurnAsync(deadline, cancel).ConfigureAwait(false);
        try
        {
            if (Volatile.Read(ref _closed) != 0)
            {
                throw Ended();
            }

            if (_opening is { HasEnded: true })
            {
                await SubscribeAsync(deadline.Left, cancel).ConfigureAwait(false);
            }

            // As given: after a change of which nobody heard, the server's filters may be others than these here. What it has already,
            // or does not have, it passes over.
            await SendChangeAsync(_opening!, added, removed, deadline, cancel).ConfigureAwait(false);
            _filters = [.. _filters.Except(removed, StringComparer.Ordinal).Union(added, StringComparer.Ordinal)];
        }
        finally
        {
            _changing.Release();
        }
    }

    private async ValueTask WaitForTurnAsync(Deadline deadline, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(deadline.Left, _client.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancel);
        try
        {
            await _changing.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new NexoException(
                ClientErrorCode.DeadlineExceeded,
                "The filters were not changed in time: the subscription waits for a connection, or for another change.",
                retryable: true);
        }
    }

    private async ValueTask SendChangeAsync(
        TopicOpening opening,
        IReadOnlyCollection<string> added,
        IReadOnlyCollection<string> removed,
        Deadline deadline,
        CancellationToken cancel)
    {
        if (opening.Connection is not { } connection || !connection.TryGetCorrelation(opening, out uint subscription))
        {
            throw CallErrors.ConnectionLost("the subscription is being opened again");
        }

        var call = new CallRequest
        {
            Opcode = Opcode.TopicFilters,
            Traits = CallTraits.Idempotent,
            Body = TopicBodies.Filters(subscription, added, removed),
            OnlyOn = connection,
        };
        await _client.CallAsync<EmptyReader, bool>(call, default, deadline.Left, cancel).ConfigureAwait(false);
    }

    /// <summary>Opens it with all its filters, those that no request holds with the first ones behind it.</summary>
    private async ValueTask SubscribeAsync(TimeSpan timeout, CancellationToken cancel)
    {
        var deadline = new Deadline(timeout, _client.Time);
        List<ArraySegment<string>> parts = TopicBodies.Split(_filters);
        var opening = new TopicOpening(this, Receiver.Credits, isAgain: _opening is not null);
        var call = new CallRequest
        {
            Opcode = Opcode.TopicSubscribe,

            // One that was opened on a lost connection ended with it, and one that opens too late is stopped.
            Traits = CallTraits.Idempotent,
            Body = TopicBodies.Subscribe(parts[0], opening.Credits, _options),
            Subscription = opening,
        };
        await _client.CallAsync<TopicOpenedReader, bool>(call, new(opening), timeout, cancel).ConfigureAwait(false);
        try
        {
            foreach (ArraySegment<string> part in parts.Skip(1))
            {
                await SendChangeAsync(opening, part, [], deadline, cancel).ConfigureAwait(false);
            }
        }
        catch
        {
            opening.Connection?.Stop(opening);
            throw;
        }

        _opening = opening;

        // Who closes it looks for the opening after that: one of the two must see the other's.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _closed) != 0)
        {
            Stop();
        }
    }

    private void Stop()
    {
        if (_opening is { Connection: { } connection } opening)
        {
            connection.Stop(opening);
        }
    }

    private NexoException Ended() => Over.Exception?.InnerException as NexoException
        ?? new NexoException(ClientErrorCode.SubscriptionEnded, "The subscription has ended.", retryable: false);

    private async Task FinishAsync(NexoException? error)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        Receiver.End(error);
        if (error is null)
        {
            _over.TrySetResult();
        }
        else
        {
            _over.TrySetException(error);
            _ = _over.Task.Exception;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
    }
}
