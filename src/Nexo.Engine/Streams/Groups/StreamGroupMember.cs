namespace Nexo.Engine.Streams;

/// <summary>How a member takes records.</summary>
public sealed record StreamMemberOptions
{
    /// <summary>Without a sign of life for so long it is no member any more; 0: as long as it is not disposed of.</summary>
    public long SessionMs { get; init; }

    /// <summary>Bytes of the records of one delivery; 0: <see cref="StreamGroupLimits.DeliveryBytes"/>.</summary>
    public int BytesMax { get; init; }

    /// <summary>How long a record is its own; 0: the group's.</summary>
    public long LeaseMs { get; init; }

    /// <summary>For people.</summary>
    public ReadOnlyMemory<byte> Name { get; init; }
}

/// <summary>
/// A member of a group. All members are thread-safe. Disposing of it ends the membership (its connection is gone, or it has left):
/// another one becomes active, and what it has not settled goes to others at once, which is no failure.
/// </summary>
public sealed class StreamGroupMember : IDisposable
{
    internal const long CreditsMax = 1_000_000;

    private readonly StreamGroup _group;

    internal StreamGroupMember(StreamGroup group, ulong number, IStreamGroupSink sink, StreamMemberOptions options, long nowMs)
    {
        _group = group;
        Number = number;
        Sink = sink;
        Options = options;
        JoinedMs = nowMs;
        HeardMs = nowMs;
    }

    /// <summary>Nobody else has it in this group, before or after.</summary>
    public ulong Number { get; }

    public StreamGroupMode Mode => _group.Mode;

    /// <summary>As it was when it joined: what changed since was told to its sink.</summary>
    public StreamGroupState Joined { get; internal set; }

    internal IStreamGroupSink Sink { get; }

    internal StreamMemberOptions Options { get; }

    // What follows is guarded by the group's lock. Moments are the engine's.
    internal long JoinedMs { get; }

    internal long HeardMs { get; set; }

    internal long Credits { get; set; }

    /// <summary>Its connection was congested: nothing comes until it resumes.</summary>
    internal bool Parked { get; set; }

    /// <summary>It takes no more; what it has stays its.</summary>
    internal bool Stopped { get; set; }

    internal bool Closed { get; set; }

    /// <summary>Pulls that wait, the oldest first; null until there was one.</summary>
    internal List<StreamGroupPull>? Pulls { get; set; }

    internal StreamGroupPull? FirstPull => Pulls is { Count: > 0 } pulls ? pulls[0] : null;

    /// <summary>Of a shared group: it is among those that take records.</summary>
    internal bool IsTaker { get; set; }

    /// <summary>Of a shared group: what it gets next; null outside of a hold of the lock.</summary>
    internal GroupPack? Pack { get; set; }

    /// <summary>Records that it has and has not settled.</summary>
    internal int Load { get; set; }

    /// <summary>Lets so many more records come, up to a million in all. None comes before the first call.</summary>
    public void AddCredits(uint credits) => _group.AddCredits(this, credits);

    /// <summary>The connection has room again after it was congested.</summary>
    public void Resume() => _group.Resume(this);

    /// <summary>No more comes; it stays a member, to commit and to settle, until it is disposed of or leaves.</summary>
    public void Stop() => _group.Stop(this);

    public void Dispose() => _group.Leave(this, toldWhy: null);
}

/// <summary>A pull that waits for records.</summary>
public sealed class StreamGroupPull
{
    private readonly StreamGroupMember _member;
    private readonly StreamGroup _group;

    internal StreamGroupPull(StreamGroup group, StreamGroupMember member, int recordsMax, int bytesMax, IStreamGroupSink target)
    {
        _group = group;
        _member = member;
        RecordsMax = recordsMax;
        BytesMax = bytesMax;
        Target = target;
    }

    internal int RecordsMax { get; }

    internal int BytesMax { get; }

    internal IStreamGroupSink Target { get; }

    /// <summary>Ends the wait; false: records were delivered, or the member is gone, and its sink was or will be told.</summary>
    public bool End() => _group.EndPull(_member, this);
}
