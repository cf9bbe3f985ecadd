namespace Nexo.Bench.Compare.Queues;

/// <summary>A queue in the comparison.</summary>
/// <param name="confirmed">What its confirm of a message waits for.</param>
internal abstract class QueueContender(string name, Durability confirmed) : Contender(name)
{
    public Durability Confirmed { get; } = confirmed;

    /// <summary>
    /// Three phases on a server that has just been started: publish, with the window; drain what is there, with the
    /// consumers; then both at once. Each message is acknowledged.
    /// </summary>
    public abstract Task<QueueFigures> MeasureAsync(ServerProcess server, QueueWork work, CancellationToken cancel);
}
