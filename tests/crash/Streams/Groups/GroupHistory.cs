using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Streams.Groups;

/// <summary>How a group is found after a crash.</summary>
/// <param name="Range">Its stream's, asked for behind the group.</param>
internal readonly record struct GroupStanding(ulong Epoch, ulong Position, ulong Lag, OffsetRange Range);

/// <summary>The history of one group, over any number of crashes. Not thread-safe.</summary>
internal abstract class GroupHistory(GroupPlan plan)
{
    public GroupPlan Plan => plan;

    /// <summary>It was confirmed that it is there.</summary>
    public bool IsCreated { get; private set; }

    /// <summary>The highest that a member of this run was told.</summary>
    public ulong EpochSeen { get; protected set; }

    /// <summary>Where a seek goes that is not answered.</summary>
    public ulong? SeekingTo { get; private set; }

    /// <summary>Seeks that were asked for.</summary>
    public int Seeks { get; private set; }

    /// <summary>The epoch of the last seek that was confirmed, or of what was found after the last crash.</summary>
    protected ulong Epoch { get; private set; }

    /// <summary>The position at the beginning of that.</summary>
    protected ulong Base { get; private set; }

    /// <summary>An answer has said so that is on disk.</summary>
    protected ulong EpochDurable { get; private set; }

    protected int SeeksOfRun { get; private set; }

    public Finding? Created(bool isNew, ulong position)
    {
        bool wasLost = isNew && IsCreated;
        if (isNew)
        {
            Begin(1, position);
        }

        IsCreated = true;
        return wasLost ? Wrong(FindingKind.Lost, "the group itself was not there any more") : null;
    }

    public void Seeking(ulong to)
    {
        SeekingTo = to;
        Seeks++;
    }

    public Finding? Sought(GroupSeekReply reply)
    {
        SeekingTo = null;
        SeeksOfRun++;
        Finding? wrong = reply.Epoch <= Epoch ? Wrong(FindingKind.Answer, $"a seek has begun epoch {reply.Epoch} after {Epoch}") : null;
        Begin(reply.Epoch, reply.After);
        Confirm(reply.Epoch);
        return wrong;
    }

    /// <summary>The answer to a join, or a notice.</summary>
    public Finding? Told(TrackedMember member, GroupState state, bool isDurable)
    {
        Finding? wrong = state.Epoch < member.Epoch
            ? Wrong(FindingKind.Order, $"member {member.Number} was told epoch {state.Epoch} after {member.Epoch}")
            : null;
        (member.Epoch, member.State, member.Next) = (state.Epoch, state.State, null);
        EpochSeen = Math.Max(EpochSeen, state.Epoch);
        if (isDurable)
        {
            Confirm(state.Epoch);
        }

        OnTold(member);
        return wrong;
    }

    /// <summary>The server is gone, and is there again: this is the truth from here on.</summary>
    /// <param name="found">Null: there is no such group.</param>
    /// <param name="letters">How many dead letters there are of each of its records.</param>
    public IReadOnlyList<Finding> Verify(GroupStanding? found, IReadOnlyDictionary<ulong, int> letters)
    {
        List<Finding> findings = [];
        if (found is not { } there)
        {
            return IsCreated ? [Wrong(FindingKind.Lost, "it is not there")] : findings;
        }

        if (!IsCreated)
        {
            // Its creation was not answered, so nobody has joined.
            IsCreated = true;
            Begin(there.Epoch, there.Position);
        }

        if (there.Epoch < EpochDurable)
        {
            findings.Add(Wrong(FindingKind.Lost, $"its epoch is {there.Epoch}, and {EpochDurable} was confirmed"));
        }

        if (there.Position < there.Range.First || there.Position > there.Range.Next)
        {
            findings.Add(Wrong(FindingKind.Order, $"its position {there.Position} is not in its stream, {there.Range}"));
        }

        Judge(there, letters, findings);
        SeekingTo = null;
        SeeksOfRun = 0;
        EpochSeen = 0;
        EpochDurable = there.Epoch;
        return findings;
    }

    protected abstract void OnTold(TrackedMember member);

    /// <summary>What is done from here on counts from this position.</summary>
    protected abstract void OnBegun();

    /// <summary>Compares, and takes over what there is.</summary>
    protected abstract void Judge(GroupStanding found, IReadOnlyDictionary<ulong, int> letters, List<Finding> findings);

    protected void Begin(ulong epoch, ulong position)
    {
        (Epoch, Base) = (epoch, position);
        OnBegun();
    }

    /// <summary>An answer that is on disk bears this epoch.</summary>
    protected void Confirm(ulong epoch) => EpochDurable = Math.Max(EpochDurable, epoch);

    /// <summary>A commit, or a settlement, was accepted.</summary>
    /// <param name="epoch">That it bore.</param>
    /// <param name="seen">That somebody had been told before it was sent.</param>
    protected Finding? Accepted(ulong epoch, ulong seen)
    {
        Confirm(epoch);
        return epoch < seen ? Wrong(FindingKind.Answer, $"what bore epoch {epoch} was accepted when {seen} had begun") : null;
    }

    protected Finding Wrong(FindingKind kind, string text) => new(kind, plan.ToString(), text);
}
