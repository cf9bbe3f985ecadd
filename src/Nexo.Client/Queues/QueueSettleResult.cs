using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>What became of messages that were settled together.</summary>
/// <param name="Settled">How many were settled.</param>
/// <param name="Failures">Those that were not, with the reason of each.</param>
public sealed record QueueSettleResult(int Settled, IReadOnlyList<QueueSettleFailure> Failures)
{
    /// <summary>True when all were settled.</summary>
    public bool IsComplete => Failures.Count == 0;
}

/// <summary>A message that was not settled.</summary>
/// <param name="Delivery">The message.</param>
/// <param name="Error">Mostly <see cref="ErrorCode.LeaseLost"/>: another consumer has it, or will.</param>
public readonly record struct QueueSettleFailure(QueueDelivery Delivery, ErrorCode Error);
