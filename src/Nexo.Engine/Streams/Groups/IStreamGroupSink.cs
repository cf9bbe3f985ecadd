namespace Nexo.Engine.Streams;

/// <summary>What settles a record of a group that is shared by key.</summary>
/// <param name="Lease">Nobody can guess it; never 0.</param>
/// <param name="Attempt">1 for the first delivery.</param>
public readonly record struct StreamGroupLease(ulong Lease, uint Attempt);

/// <summary>Records on their way to a member; the bytes are borrowed for the call.</summary>
public readonly ref struct StreamGroupRecords
{
    public ulong Epoch { get; init; }

    public int Count { get; init; }

    /// <summary>One for each record, in their order; empty in an ordered group.</summary>
    public ReadOnlySpan<StreamGroupLease> Leases { get; init; }

    /// <summary>In the form of the wire, one behind the other (see <see cref="StreamRecordForm"/>).</summary>
    public ReadOnlySpan<byte> Records { get; init; }
}

/// <summary>
/// The member's side of a subscription or of a pull. <see cref="Deliver"/> and <see cref="OnState"/> are called under the group's lock,
/// one at a time and in their order: copy, do not block, do not call the streams.
/// </summary>
public interface IStreamGroupSink
{
    /// <summary>
    /// True while the member's connection does not take what it was sent: nothing more is delivered until <see
    /// cref="StreamGroupMember.Resume"/>.
    /// </summary>
    bool IsCongested { get; }

    /// <summary>Takes records; they cost a credit each, and there are never more than there are credits.</summary>
    void Deliver(in StreamGroupRecords records);

    /// <summary>
    /// The member's state or the group's epoch has changed: what comes behind is of the new epoch. It may come before <see
    /// cref="StreamService.JoinGroup"/> has returned. Not called for pulls.
    /// </summary>
    void OnState(in StreamGroupState state);

    /// <summary>Sends what came. Called without any lock, once after one or more of the above.</summary>
    void Flush();

    /// <summary>
    /// The member is none any more, and no more comes: <see cref="StreamStatus.Ok"/> it left, <see cref="StreamStatus.MemberFenced"/>
    /// nothing was heard of it, <see cref="StreamStatus.GroupNotFound"/> or <see cref="StreamStatus.NotFound"/>. Called without any lock,
    /// behind a flush. Not called for who disposes of the member.
    /// </summary>
    void OnEnd(StreamStatus why);
}

/// <summary>Gives what is to be settled. Implemented by structs that hold their whole position.</summary>
public interface IStreamLeaseSource
{
    /// <summary>Takes the next; false at the end.</summary>
    bool TryTake(out long offset, out ulong lease);
}

/// <summary>Takes the outcome of each settlement, in order, under a lock: copy, do not block.</summary>
public interface IStreamSettleSink
{
    /// <summary><see cref="StreamStatus.Ok"/>, or <see cref="StreamStatus.LeaseLost"/>: nothing was changed.</summary>
    void Add(StreamStatus status);
}

/// <summary>What becomes of a record that is given back. The numbers are those of the wire.</summary>
public enum StreamNack : byte
{
    /// <summary>A failure: it comes again after the group's backoff.</summary>
    Backoff = 0,

    /// <summary>A failure: it comes again at once.</summary>
    Now = 1,

    /// <summary>A failure: it comes again after the given delay.</summary>
    Delay = 2,

    /// <summary>Not a failure: it was not worked on, and comes again at once.</summary>
    Release = 3,

    /// <summary>It is a dead letter now.</summary>
    DeadLetter = 4,
}
