namespace Nexo.Client;

/// <summary>Refuses options that cannot work, by name, before anything is done with them.</summary>
internal static class NexoClientOptionsCheck
{
    public static void RequireTimeout(TimeSpan timeout, string name)
    {
        if (timeout <= TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(
                name, timeout, "A timeout is positive, or Timeout.InfiniteTimeSpan for none.");
        }
    }

    public static void Require(NexoClientOptions options)
    {
        RequireTimeout(options.ConnectTimeout, nameof(options.ConnectTimeout));
        RequireTimeout(options.RequestTimeout, nameof(options.RequestTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(
            options.ReconnectDelayMin, TimeSpan.Zero, nameof(options.ReconnectDelayMin));
        ArgumentOutOfRangeException.ThrowIfLessThan(
            options.ReconnectDelayMax, options.ReconnectDelayMin, nameof(options.ReconnectDelayMax));
        if (options.Namespace?.Length == 0)
        {
            throw new ArgumentException("The name of a namespace is not empty; null asks for none.", nameof(options));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(options.WatchBuffer, 2, nameof(options.WatchBuffer));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.WatchBuffer, 1_000_000, nameof(options.WatchBuffer));
    }
}
