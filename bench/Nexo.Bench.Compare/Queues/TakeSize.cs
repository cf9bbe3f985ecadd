namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// How many messages to ask for where each must be asked for: up to the prefetch while they come, few while they do not,
/// so that a server is not busy with saying that there is none.
/// </summary>
internal struct TakeSize()
{
    private int _last = 1;

    /// <summary>How many to ask for now.</summary>
    public readonly int Next(int prefetch) => Math.Clamp(2 * _last, 1, prefetch);

    public void Got(int messages) => _last = messages;
}
