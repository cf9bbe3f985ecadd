using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>What a snapshot keeps of a <see cref="Backlog"/>.</summary>
/// <param name="Checkpoint">Of its log.</param>
/// <param name="ReadOffset">The first offset that waits.</param>
/// <param name="ContentBytes">Headers and bodies of what waits up to the checkpoint.</param>
/// <param name="LastId">The last message before the checkpoint.</param>
/// <param name="LastTakenId">The highest id that was taken out.</param>
internal readonly record struct BacklogState(
    SegmentedLogCheckpoint Checkpoint, long ReadOffset, long ContentBytes, ulong LastId, ulong LastTakenId);
