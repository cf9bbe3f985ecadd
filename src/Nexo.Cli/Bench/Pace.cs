namespace Nexo.Cli.Bench;

/// <summary>
/// The open loop's timetable: batches become due at a constant rate, round the connections in turn, whether or not
/// earlier ones have been answered. Their latency counts from when they were due, so a server that stalls cannot hide
/// the requests that it kept from being sent (coordinated omission).
/// </summary>
internal sealed class Pace(long startsAt, double batchesPerSecond, int connections)
{
    private const double NanosecondsPerSecond = 1e9;

    private readonly double _interval = NanosecondsPerSecond / batchesPerSecond;
    private long _released;

    /// <summary>When the next batch is due.</summary>
    public long NextAt => DueAt(_released);

    /// <summary>Takes the next batch if it is due; <paramref name="connection"/> is to send it as soon as it can.</summary>
    public bool TryRelease(long now, out int connection)
    {
        connection = (int)(_released % connections);
        if (NextAt > now)
        {
            return false;
        }

        _released++;
        return true;
    }

    /// <summary>When the given batch of a connection, counted from 0, is or was due.</summary>
    public long DueAt(long batch, int connection) => DueAt((batch * connections) + connection);

    private long DueAt(long batch) => startsAt + (long)(batch * _interval);
}
