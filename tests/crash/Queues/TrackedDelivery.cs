namespace Nexo.Crash.Queues;

/// <summary>What a consumer does with a message.</summary>
internal enum Settlement
{
    Ack,
    NackNow,
    NackBackoff,
    GiveBack,
    DeadLetter,
    Extend,

    /// <summary>An acknowledgement with a lease that was never given.</summary>
    Forged,
}

/// <summary>One delivery, as a consumer got it.</summary>
internal sealed class TrackedDelivery(TrackedMessage message, ulong id, ulong lease, uint attempt, int run)
{
    public TrackedMessage Message => message;

    public ulong Id => id;

    public ulong Lease => lease;

    public uint Attempt => attempt;

    public int Run => run;

    /// <summary>Unix ms, of the server on the same machine.</summary>
    public long LeaseEndsAt { get; init; }

    /// <summary>A settlement of it was sent: only the first can succeed.</summary>
    public bool IsSettled { get; set; }
}
