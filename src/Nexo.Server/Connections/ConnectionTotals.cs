namespace Nexo.Server.Connections;

/// <summary>
/// Counters over all connections. Each connection counts for itself, without atomics; a reading adds up the open ones and
/// what the closed ones left behind.
/// </summary>
internal sealed class ConnectionTotals(ClientConnections connections)
{
    private readonly Lock _gate = new();
    private readonly int[] _open = new int[Enum.GetValues<ClientProtocol>().Length];
    private ConnectionCounters _closed;
    private long _accepted;
    private long _refused;
    private long _cut;

    public long Accepted => Interlocked.Read(ref _accepted);

    public long Refused => Interlocked.Read(ref _refused);

    public long Cut => Interlocked.Read(ref _cut);

    /// <summary>Connections of a protocol that are open now, without those that were one too many.</summary>
    public int Open(ClientProtocol protocol) => Volatile.Read(ref _open[(int)protocol]);

    public void CountAccepted(ClientProtocol protocol)
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _open[(int)protocol]);
    }

    public void CountClosed(ClientProtocol protocol) => Interlocked.Decrement(ref _open[(int)protocol]);

    public void CountRefused() => Interlocked.Increment(ref _refused);

    public void CountCut() => Interlocked.Increment(ref _cut);

    /// <summary>Keeps what a connection has counted; <paramref name="remove"/> takes it off the open ones.</summary>
    public void Absorb(ClientConnection connection, Action remove)
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
            foreach (ClientConnection connection in connections.All)
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
