using System.Runtime.CompilerServices;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>An open watch. Read it once; dispose it to end it.</summary>
public sealed class StoreWatch : IAsyncDisposable
{
    private readonly NexoClient _client;
    private readonly NexoKey _prefix;
    private readonly TimeSpan _timeout;
    private volatile WatchSubscription _subscription;
    private volatile bool _disposed;
    private int _reading;

    private StoreWatch(NexoClient client, NexoKey prefix, TimeSpan timeout, WatchSubscription subscription)
    {
        _client = client;
        _prefix = prefix;
        _timeout = timeout;
        _subscription = subscription;
    }

    /// <summary>
    /// The changes, one after the other, for one reader. Lasts until the watch is disposed or the token is cancelled;
    /// fails when the server refuses it.
    /// </summary>
    public async IAsyncEnumerable<StoreChangeEvent> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("A watch is read once. Open another one.");
        }

        while (true)
        {
            while (await _subscription.WaitAsync(cancellationToken).ConfigureAwait(false))
            {
                while (_subscription.TryTake(out StoreChangeEvent change))
                {
                    yield return change;
                }
            }

            if (_disposed)
            {
                yield break;
            }

            if (_subscription.Error is { Retryable: false } refused)
            {
                throw refused;
            }

            await Reopening.UntilDoneAsync(ReopenAsync, _client.Time, cancellationToken).ConfigureAwait(false);
            if (_disposed)
            {
                _subscription.Stop();
                yield break;
            }

            yield return new StoreChangeEvent(
                StoreChange.Missed, NexoKey.Empty, 0, StoreChangeEvent.MissedUnknown);
        }
    }

    /// <summary>Ends the watch: the server is told to stop, and the reader comes to its end.</summary>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        _subscription.Stop();
        return ValueTask.CompletedTask;
    }

    internal static async ValueTask<StoreWatch> OpenAsync(
        NexoClient client, NexoKey prefix, TimeSpan timeout, CancellationToken cancel)
    {
        // The prefix is sent again after a reconnect: own its bytes.
        NexoKey owned = prefix.ToBytes().ToArray();
        WatchSubscription subscription =
            await WatchSubscription.OpenAsync(client, owned, timeout, cancel).ConfigureAwait(false);
        return new StoreWatch(client, owned, timeout, subscription);
    }

    private async ValueTask ReopenAsync(CancellationToken cancel) => _subscription =
        await WatchSubscription.OpenAsync(_client, _prefix, _timeout, cancel).ConfigureAwait(false);
}
