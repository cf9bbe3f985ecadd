using System.Runtime.CompilerServices;

namespace Nexo.Client;

/// <content>Watching keys.</content>
public sealed partial class NexoStore
{
    /// <summary>
    /// The changes of keys under a prefix, from the first <c>MoveNextAsync</c> on. It lasts until the enumerator is
    /// disposed, the token is cancelled or the server refuses it; after a reconnect it is opened again and a gap of
    /// unknown size (<see cref="StoreChangeEvent.MissedUnknown"/>) comes first. A reader that is too slow misses
    /// changes and is told how many.
    /// </summary>
    public async IAsyncEnumerable<StoreChangeEvent> WatchAsync(
        NexoKey prefix = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        StoreWatch watch = await OpenWatchAsync(prefix, cancellationToken).ConfigureAwait(false);
        await using (watch.ConfigureAwait(false))
        {
            await foreach (StoreChangeEvent change in watch.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return change;
            }
        }
    }

    /// <summary>As <see cref="WatchAsync"/>, but the server watches already when this returns: a value that is read
    /// after it, together with the changes that follow, leaves no gap.</summary>
    public ValueTask<StoreWatch> OpenWatchAsync(
        NexoKey prefix = default, CancellationToken cancellationToken = default) =>
        StoreWatch.OpenAsync(_client, prefix, _timeout, cancellationToken);
}
