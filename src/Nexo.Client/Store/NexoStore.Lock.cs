namespace Nexo.Client;

/// <content>Locks.</content>
public sealed partial class NexoStore
{
    /// <summary>
    /// Takes a lock: an entry that exists as long as somebody holds it, at most <paramref name="ttl"/> without
    /// renewal.
    /// </summary>
    /// <param name="key">The key of the lock.</param>
    /// <param name="ttl">After this long without <see cref="NexoLock.RenewAsync"/> others may take it.</param>
    /// <param name="wait">How long to wait for the one who holds it; not at all unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The lock, or null when somebody else still held it at the end of the wait.</returns>
    public ValueTask<NexoLock?> AcquireLockAsync(
        NexoKey key, TimeSpan ttl, TimeSpan? wait = null, CancellationToken cancellationToken = default) =>
        NexoLock.AcquireAsync(this, _client.Time, key, ttl, wait ?? TimeSpan.Zero, cancellationToken);
}
