namespace Nexo.Bench.Compare.Queues;

/// <summary>One connection to a queue of somebody else's server: its protocol, from a client's side.</summary>
internal abstract class QueueLink(PeerConnection connection) : IDisposable
{
    protected PeerConnection Connection { get; } = connection;

    /// <summary>Makes the queue; what needs no declaration does nothing.</summary>
    public virtual void Declare(QueueWork work)
    {
    }

    /// <summary>Makes the connection one that publishes.</summary>
    public virtual void BeginPublishing()
    {
    }

    /// <summary>Writes one message, to be sent at the next flush.</summary>
    public abstract void WriteMessage(ReadOnlySpan<byte> body);

    /// <summary>Waits for the next confirm.</summary>
    /// <returns>How many messages it is for.</returns>
    public abstract int ReadConfirms();

    /// <summary>Makes the connection one that consumes.</summary>
    public virtual void BeginConsuming(int prefetch)
    {
    }

    /// <summary>
    /// Takes what is there, up to so many messages, and acknowledges it; if there is nothing, waits for at most a second.
    /// </summary>
    /// <returns>How many messages were acknowledged by now that were not before.</returns>
    public abstract int Take(int prefetch, LatencyRecorder recorder);

    /// <summary>How many messages the queue still has, when its consumers have gone.</summary>
    public abstract long ReadDepth();

    public void Flush() => Connection.Flush();

    /// <summary>Whether more has arrived with what was read.</summary>
    public bool HasMore => Connection.Buffered > 0;

    /// <summary>Whether something is there to be read; waits for it for so long.</summary>
    public bool WaitForInput(TimeSpan wait) => Connection.WaitForInput(wait);

    public void Dispose() => Connection.Dispose();
}
