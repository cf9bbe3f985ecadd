namespace Nexo.Server.Native;

/// <summary>
/// Counters of the native port. Each connection counts for itself, without atomics; a reading adds up the open ones and
/// what the closed ones left behind.
/// </summary>
internal sealed class NativeTotals(NativeServer server)
{
    private readonly Lock _gate = new();
    private ConnectionCounters _closed;
    private long _accepted;
    private long _refused;
    private long _cut;

    public long Accepted => Interlocked.Read(ref _accepted);

    public long Refused => Interlocked.Read(ref _refused);

    public long Cut => Interlocked.Read(ref _cut);

    public void CountAccepted() => Interlocked.Increment(ref _accepted);

    public void CountRefused() => Interlocked.Increment(ref _refused);

    public void CountCut() => Interlocked.Increment(ref _cut);

    /// <summary>Keeps what a connection has counted; <paramref name="remove"/> takes it off the open ones.</summary>
    public void Absorb(NativeConnection connection, Action remove)
    {
        // Both under the lock: a reading counts every connection once.
        lock (_gate)
        {
            remove();
            _closed = _closed.Plus(connection.ReadCounters());
        }
    }

    public ConnectionCounters Read()
    {
        lock (_gate)
        {
            ConnectionCounters sum = _closed;
            foreach (NativeConnection connection in server.Connections)
            {
                sum = sum.Plus(connection.ReadCounters());
            }

            return sum;
        }
    }
}

/// <summary>What one connection, or all of them, did so far.</summary>
internal readonly record struct ConnectionCounters(long Requests, long Errors, long BytesReceived, long BytesSent)
{
    public ConnectionCounters Plus(ConnectionCounters other) => new(
        Requests + other.Requests,
        Errors + other.Errors,
        BytesReceived + other.BytesReceived,
        BytesSent + other.BytesSent);
}
