using Nexo.Protocol;

namespace Nexo.Crash.Streams.Groups;

/// <summary>A membership, as its connection knows it.</summary>
/// <param name="plan">Its group.</param>
/// <param name="correlation">Of its subscription.</param>
internal sealed class TrackedMember(GroupPlan plan, uint correlation)
{
    public GroupPlan Plan => plan;

    public uint Correlation => correlation;

    /// <summary>0: it has not joined yet.</summary>
    public ulong Number { get; set; }

    /// <summary>As it was told last.</summary>
    public ulong Epoch { get; set; }

    public MemberState State { get; set; }

    /// <summary>In an ordered group: what comes next; null: the position, which nobody has told it.</summary>
    public ulong? Next { get; set; }

    /// <summary>In an ordered group: the position was not before this when it became active.</summary>
    public ulong Floor { get; set; }

    /// <summary>It has left, or its connection is about to be cut.</summary>
    public bool IsGone { get; set; }

    /// <summary>In a shared group: what it has not settled.</summary>
    public List<TrackedRecord> Held { get; } = [];
}

/// <summary>A record that was delivered to a member of a shared group.</summary>
/// <param name="Offset">Its place.</param>
/// <param name="Epoch">The group's.</param>
/// <param name="Lease">By which it is settled.</param>
internal sealed record TrackedRecord(ulong Offset, ulong Epoch, ulong Lease)
{
    /// <summary>A settlement of it was sent: another one must be refused.</summary>
    public bool IsSettled { get; set; }
}
