namespace Nexo.Engine.Streams;

/// <summary>What a member is. The numbers are those of the wire.</summary>
public enum StreamMemberState : byte
{
    None = 0,

    /// <summary>It gets records.</summary>
    Active = 1,

    /// <summary>It waits for the active member of an ordered group to go.</summary>
    Standby = 2,

    /// <summary>It is none any more.</summary>
    Fenced = 3,
}

/// <summary>How a group stands, for one of its members.</summary>
/// <param name="Epoch">Counts up when another member becomes active, and when the group is sought.</param>
/// <param name="Position">The offset of the first record that is not done.</param>
/// <param name="State">The member's.</param>
public readonly record struct StreamGroupState(ulong Epoch, long Position, StreamMemberState State);

/// <summary>The answer to the creation of a group.</summary>
/// <param name="Created">False: it was there.</param>
/// <param name="Mode">As it is, also when it conflicts.</param>
/// <param name="Position">The offset of the first record that is not done.</param>
/// <param name="Options">As they are, also when they conflict; null: refused for another reason.</param>
/// <param name="Difference">
/// The first option that is different, or out of range; <see cref="StreamGroupOption.None"/> with <see
/// cref="StreamStatus.GroupConflict"/>: the mode is.
/// </param>
/// <param name="Message">For people; else empty.</param>
/// <param name="Range">With <see cref="StreamStatus.OffsetOutOfRange"/>: where it can begin.</param>
/// <param name="Waits">True when the answer must wait until the log is durable.</param>
public readonly record struct StreamGroupDeclared(
    bool Created,
    StreamGroupMode Mode,
    long Position,
    StreamGroupOptions? Options,
    StreamGroupOption Difference,
    string Message,
    StreamRange Range,
    bool Waits);

/// <summary>One member, for people.</summary>
/// <param name="Number">Nobody else has it in this group, before or after.</param>
/// <param name="State">What it is.</param>
/// <param name="InFlight">Records that it has and has not settled; of an ordered group 0.</param>
/// <param name="JoinedAtMs">Unix ms of the wall clock, as the next.</param>
/// <param name="HeardAtMs">When something of it was heard last.</param>
/// <param name="Name">What it called itself; UTF-8, as it came.</param>
public sealed record StreamGroupMemberInfo(
    ulong Number, StreamMemberState State, int InFlight, long JoinedAtMs, long HeardAtMs, ReadOnlyMemory<byte> Name);

/// <summary>What there is to know about one group.</summary>
public sealed record StreamGroupInfo
{
    public required string Name { get; init; }

    public StreamGroupMode Mode { get; init; }

    public required StreamGroupOptions Options { get; init; }

    public ulong Epoch { get; init; }

    /// <summary>The offset of the first record that is not done.</summary>
    public long Position { get; init; }

    /// <summary>Offsets from there to the stream's next that are not done.</summary>
    public long Lag { get; init; }

    /// <summary>Records that are out, and those that wait for others of their key or for their next try.</summary>
    public int InFlight { get; init; }

    public int Waiting { get; init; }

    /// <summary>What follows counts from the start of the server.</summary>
    public long Delivered { get; init; }

    /// <summary>Of these, deliveries of records that had been delivered before.</summary>
    public long Redelivered { get; init; }

    public long Done { get; init; }

    public long Failed { get; init; }

    public long DeadLetters { get; init; }

    public required IReadOnlyList<StreamGroupMemberInfo> Members { get; init; }
}

/// <summary>One line of a list of groups.</summary>
public sealed record StreamGroupSummary(string Name, StreamGroupMode Mode, long Position, long Lag, int Members);

/// <summary>The answer to a seek.</summary>
/// <param name="Before">The position until then.</param>
/// <param name="After">And now; of a dry run what it would be.</param>
/// <param name="Replayed">Offsets that were done and are to be delivered again.</param>
/// <param name="Epoch">The one that is now.</param>
/// <param name="Range">What there is; also with <see cref="StreamStatus.OffsetOutOfRange"/>.</param>
/// <param name="Waits">True when the answer must wait until the log is durable.</param>
public readonly record struct StreamGroupSought(
    long Before, long After, long Replayed, ulong Epoch, StreamRange Range, bool Waits);

/// <summary>The answer to a commit or a settlement.</summary>
/// <param name="Epoch">The group's, also with <see cref="StreamStatus.MemberFenced"/>.</param>
/// <param name="Position">The offset of the first record that is not done.</param>
/// <param name="Range">Of a commit, with <see cref="StreamStatus.OffsetOutOfRange"/>: what there is.</param>
/// <param name="Waits">True when the answer must wait until the log is durable.</param>
public readonly record struct StreamGroupSettled(ulong Epoch, long Position, StreamRange Range, bool Waits);
