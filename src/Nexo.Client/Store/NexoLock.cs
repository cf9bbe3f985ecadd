using System.Security.Cryptography;

namespace Nexo.Client;

/// <summary>
/// A lock that this process holds. The entry's value is a random token that nobody else knows, so renewing it is a SET
/// and releasing it a DELETE on the condition that the entry still holds that token. The token rather than the version
/// is compared because it stays the same over renewals: when the answer to a renewal is lost, the version is
/// unknown, and the lock could be neither renewed again nor released.
/// </summary>
public sealed class NexoLock : IAsyncDisposable
{
    private const int TokenBytes = 16;
    private static readonly TimeSpan PollMin = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan PollMax = TimeSpan.FromMilliseconds(250);

    private readonly NexoStore _store;
    private readonly byte[] _token;
    private readonly TimeSpan _ttl;
    private int _released;

    private NexoLock(NexoStore store, NexoKey key, byte[] token, TimeSpan ttl, ulong version)
    {
        _store = store;
        Key = key;
        _token = token;
        _ttl = ttl;
        Version = version;
    }

    /// <summary>The key of the lock.</summary>
    public NexoKey Key { get; }

    /// <summary>The version of the entry when the lock was taken or last renewed.</summary>
    public ulong Version { get; private set; }

    /// <summary>
    /// Gives the lock its whole time to live again, or <paramref name="ttl"/>. EXPIRE takes no condition, so this is a
    /// conditional SET of the same token: never can it prolong the lock of another.
    /// </summary>
    /// <returns>False when the lock is lost: it ran out, and another may hold it.</returns>
    public async ValueTask<bool> RenewAsync(TimeSpan? ttl = null, CancellationToken cancellationToken = default)
    {
        var options = new StoreSetOptions { Ttl = ttl ?? _ttl, When = StoreWhen.IfValue(_token) };
        StoreSetResult result = await _store.SetBytesAsync(Key, _token, options, cancellationToken)
            .ConfigureAwait(false);
        if (result.Stored)
        {
            Version = result.Version;
        }

        return result.Stored;
    }

    /// <summary>Gives the lock back.</summary>
    /// <returns>False when it had been lost before.</returns>
    public async ValueTask<bool> ReleaseAsync(CancellationToken cancellationToken = default)
    {
        StoreDeleteResult result = await _store.DeleteAsync(Key, StoreWhen.IfValue(_token), cancellationToken)
            .ConfigureAwait(false);
        Interlocked.Exchange(ref _released, 1);
        return result.Deleted;
    }

    /// <summary>Gives the lock back, unless that was done. When the server cannot be reached, its time to live ends
    /// it: leaving a <c>using</c> block does not throw for that.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
        {
            return;
        }

        try
        {
            await ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (NexoException)
        {
            // See the summary.
        }
    }

    internal static async ValueTask<NexoLock?> AcquireAsync(
        NexoStore store, TimeProvider time, NexoKey key, TimeSpan ttl, TimeSpan wait,
            CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(wait, TimeSpan.Zero);
        byte[] token = RandomNumberGenerator.GetBytes(TokenBytes);
        var options = new StoreSetOptions { Ttl = ttl, When = StoreWhen.IfAbsent };
        long started = time.GetTimestamp();
        TimeSpan poll = PollMin;
        while (true)
        {
            StoreSetResult result = await store.SetBytesAsync(key, token, options, cancellationToken)
                .ConfigureAwait(false);
            if (result.Stored)
            {
                return new NexoLock(store, key, token, ttl, result.Version);
            }

            TimeSpan left = wait - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            // Jitter keeps many waiters from asking in step.
            TimeSpan pause = poll * (0.5 + (Random.Shared.NextDouble() / 2));
            await Task.Delay(pause < left ? pause : left, time, cancellationToken).ConfigureAwait(false);
            poll = poll * 2 < PollMax ? poll * 2 : PollMax;
        }
    }
}
