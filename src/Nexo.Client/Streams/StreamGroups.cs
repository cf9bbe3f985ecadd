using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>What a group that is shared by key is set to. An option that is null has the default; of a group that the server told, all
/// are given.</summary>
public sealed record StreamGroupOptions
{
    /// <summary>Failures after which a record is a dead letter; 0: never. 5 by default.</summary>
    public int? DeliveriesMax { get; init; }

    /// <summary>The stream that keeps the dead letters, which must be there; empty, the default: they are passed over, and
    /// counted.</summary>
    public string? DeadLetterStream { get; init; }

    /// <summary>How long a record is its member's: 1 s to 12 h; 30 s by default.</summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>The pause after a failure, doubled with each one up to a minute; 1 s by default.</summary>
    public TimeSpan? Backoff { get; init; }
}

/// <summary>What became of the creation of a group.</summary>
/// <param name="Created">False: it was there, with the mode and the options that were given.</param>
/// <param name="Position">The offset of the first record that is not done.</param>
/// <param name="Options">All of its options.</param>
public readonly record struct StreamGroupCreation(bool Created, ulong Position, StreamGroupOptions Options);

/// <summary>One line of a list of groups.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mode">How its members share the stream.</param>
/// <param name="Position">The offset of the first record that is not done.</param>
/// <param name="Lag">How many offsets from there to the end are not done.</param>
/// <param name="Members">How many members it has.</param>
public sealed record StreamGroupSummary(string Name, GroupMode Mode, ulong Position, long Lag, long Members);

/// <summary>A group as it is.</summary>
public sealed record StreamGroupDescription
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>How its members share the stream.</summary>
    public required GroupMode Mode { get; init; }

    /// <summary>Counts up when another member becomes active and when it is sought.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>The offset of the first record that is not done.</summary>
    public required ulong Position { get; init; }

    /// <summary>How many offsets from there to the end are not done.</summary>
    public required long Lag { get; init; }

    /// <summary>Records that became dead letters, since the server's start.</summary>
    public required long DeadLetters { get; init; }

    /// <summary>Its members.</summary>
    public required IReadOnlyList<StreamGroupMember> Members { get; init; }

    /// <summary>All of its options.</summary>
    public required StreamGroupOptions Options { get; init; }
}

/// <summary>A member of a group.</summary>
/// <param name="Id">Its number, which nobody else has had or will have in this group.</param>
/// <param name="Name">What it called itself.</param>
/// <param name="State">Whether it gets records.</param>
/// <param name="InFlight">Records that it has and has not settled.</param>
/// <param name="JoinedAt">When it joined, by the server's clock.</param>
/// <param name="HeardAt">When it was heard last.</param>
public sealed record StreamGroupMember(
    ulong Id, string Name, MemberState State, long InFlight, DateTimeOffset JoinedAt, DateTimeOffset HeardAt);

/// <summary>What a seek has done, or would do.</summary>
/// <param name="Before">The group's position until then.</param>
/// <param name="After">Its position now.</param>
/// <param name="Replayed">Records that were done and are delivered again.</param>
/// <param name="Epoch">The group's epoch now: what its members had is theirs no more.</param>
public readonly record struct StreamSeekResult(ulong Before, ulong After, long Replayed, ulong Epoch);

/// <summary>How a group is joined.</summary>
public sealed record StreamJoinOptions
{
    /// <summary>Records that may wait here to be taken: 1 to 100,000. Of a group that is shared by key their leases run
    /// meanwhile.</summary>
    public int Prefetch { get; init; } = 64;

    /// <summary>How long a record of a group that is shared by key is this member's: 1 s to 12 h. The group's unless it is
    /// given.</summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>Without a sign of life for so long it is no member any more: 1 s to 1 h; it is given three in that time. Zero: it is one as
    /// long as its connection lives.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What it calls itself, for people; the client's name unless it is given.</summary>
    public string? Name { get; init; }

    /// <summary>Called when the group, or this member of it, has changed: it became active, or the group was sought. On the thread that
    /// reads, before what comes then.</summary>
    public Action<GroupState>? OnState { get; init; }

    internal void Require()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Prefetch, 1, nameof(Prefetch));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Prefetch, 100_000, nameof(Prefetch));
        ArgumentOutOfRangeException.ThrowIfLessThan(SessionTimeout, TimeSpan.Zero, nameof(SessionTimeout));
    }
}
