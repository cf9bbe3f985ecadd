namespace Nexo.Engine.Queues;

/// <summary>A message that was given back, as the log says it.</summary>
internal readonly record struct ReturnedMessage(ulong Id, long DueAtMs, ushort Failures, ushort Losses);

/// <summary>A message that died, as the log says it.</summary>
/// <param name="Moves">It is to move to the dead letters of another queue.</param>
internal readonly record struct DiedMessage(
    ulong Id, QueueDeadCause Cause, bool Moves, long DiedAtMs, ushort Failures, ushort Losses);

/// <summary>What one hold of a shard's lock has changed in a queue, gathered for its records.</summary>
internal sealed class QueueChanges
{
    public IdRuns Removed { get; } = new();

    public IdRuns Delivered { get; } = new();

    public List<ReturnedMessage> Returned { get; } = [];

    public List<DiedMessage> Died { get; } = [];

    public bool IsEmpty => Removed.Count == 0 && Delivered.Count == 0 && Returned.Count == 0 && Died.Count == 0;

    public void Clear()
    {
        Removed.Clear();
        Delivered.Clear();
        Returned.Clear();
        Died.Clear();
    }
}
