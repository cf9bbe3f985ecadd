namespace Nexo.Engine.Streams;

/// <summary>Where a record of the window is.</summary>
internal enum GroupEntryState : byte
{
    Free,

    /// <summary>One of its key is before it.</summary>
    Parked,

    /// <summary>The next member gets it.</summary>
    Ready,

    /// <summary>A member has it.</summary>
    InFlight,

    /// <summary>It has failed, and waits for its next try.</summary>
    Delayed,

    /// <summary>It is to become a dead letter.</summary>
    Dying,
}

/// <summary>A record that a group has read and not done.</summary>
internal struct GroupEntry
{
    public long Offset;

    /// <summary>Two secret hashes of its key.</summary>
    public UInt128 Key;

    public ulong Lease;

    /// <summary>When its lease ends, or its next try is.</summary>
    public long DueMs;

    /// <summary>Where its bytes are; they may have been let go of.</summary>
    public GroupPage? Page;

    public StreamGroupMember? Member;

    public int Start;

    public int Length;

    /// <summary>The next one of its key, or the next free one.</summary>
    public int Next;

    public uint Deliveries;

    public uint Failures;

    /// <summary>Members that were lost while they worked on it.</summary>
    public uint Losses;

    public GroupEntryState State;

    public bool HasKey;

    public bool IsDead;

    /// <summary>There is something to be remembered of it.</summary>
    public readonly bool HasFailed => State != GroupEntryState.Free && (Failures > 0 || Losses > 0 || IsDead);

    public readonly GroupFailure Failure => new(Offset, Failures, Deliveries, Losses, IsDead);

    public readonly bool IsWarm => Page is { IsReleased: false };

    public readonly ReadOnlySpan<byte> Bytes => Page!.Written.Slice(Start, Length);
}
