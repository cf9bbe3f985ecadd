using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// A snapshot of the queues, taken in slices while they work, as that of the store is: to be kept only once
/// the log is durable up to what had been appended when the last slice was taken.
/// </summary>
public sealed class QueueSnapshot
{
    internal QueueSnapshot()
    {
    }

    /// <summary>Takes one bounded slice under the lock of a shard, then, without it, gives its records away; false when finished.</summary>
    public bool MoveNext(IRecordSink target) => throw new NotImplementedException();
}
