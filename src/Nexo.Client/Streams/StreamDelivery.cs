using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A record that a group has delivered to this member. In an ordered group commit how far you have come; in one that is shared by key
/// settle each record: ack it when it is done, nack it when it failed, release it when it was not worked on. When the record is another
/// member's by then, because this one was lost, too slow, or the group was sought, that fails with
/// <see cref="ErrorCode.MemberFenced"/> or <see cref="ErrorCode.LeaseLost"/> and changes nothing.
/// </summary>
public abstract class StreamDelivery
{
    private protected StreamDelivery(GroupMembership membership, GroupOpening opening, ulong epoch, ulong lease, uint attempt)
    {
        Membership = membership;
        Opening = opening;
        Epoch = epoch;
        LeaseToken = lease;
        Attempt = (int)Math.Min(attempt, int.MaxValue);
    }

    /// <summary>The record's place in its stream.</summary>
    public abstract ulong Offset { get; }

    /// <summary>The name of the stream.</summary>
    public string Stream => Membership.Stream.Name;

    /// <summary>The name of the group.</summary>
    public string Group => Membership.Group;

    /// <summary>The group's epoch when it was delivered.</summary>
    public ulong Epoch { get; }

    /// <summary>Which delivery of the record this is, 1 for the first; 0 in an ordered group, which does not count.</summary>
    public int Attempt { get; }

    /// <summary>True in an ordered group: it is committed, not settled.</summary>
    public bool IsOrdered => Opening.Joined.Mode == GroupMode.Ordered;

    internal GroupMembership Membership { get; }

    internal GroupOpening Opening { get; }

    internal ulong LeaseToken { get; }

    /// <summary>Is cancelled when it is another member's: this one was lost or fenced, or the group was sought.</summary>
    internal CancellationToken Lost => Opening.LostAt(Epoch);

    /// <summary>In an ordered group: this record and all before it are done. Returns the group's position.</summary>
    /// <exception cref="NexoException"><see cref="ErrorCode.MemberFenced"/>: another member goes on from the
    /// position.</exception>
    public ValueTask<ulong> CommitAsync(CancellationToken cancellationToken = default) => IsOrdered
        ? GroupSettling.CommitAsync(Membership, Opening, Epoch, Offset + 1, cancellationToken)
        : throw new InvalidOperationException("A record of a group that is shared by key is acked, not committed.");

    /// <summary>Settles the record: it is done. Acks that are asked for together travel together.</summary>
    /// <exception cref="NexoException"><see cref="ErrorCode.LeaseLost"/>, <see cref="ErrorCode.MemberFenced"/>: another member has it, or
    /// will.</exception>
    public ValueTask AckAsync(CancellationToken cancellationToken = default) => IsOrdered
        ? throw NotSettled()
        : GroupSettling.AckAsync(this, cancellationToken);

    /// <summary>Settles the record as failed: it comes again, before the others of its key, or becomes a dead letter when it has failed as
    /// often as the group allows.</summary>
    /// <param name="delay">When it comes again: after the group's backoff unless it is given; zero: at once.</param>
    /// <param name="reason">For people, at most 4,096 bytes.</param>
    /// <param name="cancellationToken">Ends the wait; the record may have been nacked.</param>
    /// <inheritdoc cref="AckAsync" path="/exception"/>
    public ValueTask NackAsync(
        TimeSpan? delay = null, string? reason = null, CancellationToken cancellationToken = default) => SettleAsync(
            delay is null ? RecordNackAction.Backoff
                : delay == TimeSpan.Zero ? RecordNackAction.Now
                : RecordNackAction.AfterDelay,
            delay.GetValueOrDefault(),
            reason,
            cancellationToken);

    /// <summary>Gives the record back as one that was not worked on: it comes again at once, and it is no failure.</summary>
    /// <inheritdoc cref="AckAsync" path="/exception"/>
    public ValueTask ReleaseAsync(CancellationToken cancellationToken = default) =>
        SettleAsync(RecordNackAction.GiveBack, default, null, cancellationToken);

    /// <summary>Makes the record a dead letter now, since no attempt can succeed.</summary>
    /// <param name="reason">For people, at most 4,096 bytes; is kept with it.</param>
    /// <param name="cancellationToken">Ends the wait; the record may be a dead letter.</param>
    /// <inheritdoc cref="AckAsync" path="/exception"/>
    public ValueTask DeadLetterAsync(string reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return SettleAsync(RecordNackAction.DeadLetter, default, reason, cancellationToken);
    }

    private static InvalidOperationException NotSettled() => new("A record of an ordered group is committed, not settled.");

    private ValueTask SettleAsync(RecordNackAction action, TimeSpan delay, string? reason, CancellationToken cancel) => IsOrdered
        ? throw NotSettled()
        : GroupSettling.SettleAsync(this, action, delay, reason, cancel);
}

/// <summary>A delivery with its record.</summary>
public sealed class StreamDelivery<T> : StreamDelivery
{
    internal StreamDelivery(
        GroupMembership membership, GroupOpening opening, ulong epoch, ulong lease, uint attempt, in StreamRecord<T> record)
        : base(membership, opening, epoch, lease, attempt) =>
        Record = record;

    /// <summary>The record.</summary>
    public StreamRecord<T> Record { get; }

    /// <inheritdoc/>
    public override ulong Offset => Record.Offset;

    /// <inheritdoc cref="StreamRecord{T}.Value"/>
    public T Value => Record.Value;
}
