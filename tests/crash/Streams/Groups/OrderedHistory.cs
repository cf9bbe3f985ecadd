using Nexo.Crash.Ledger;

namespace Nexo.Crash.Streams.Groups;

/// <summary>
/// Of an ordered group: how far it was committed, and asked to be. The position is never behind the one, and never beyond the other but by
/// a trim.
/// </summary>
internal sealed class OrderedHistory(GroupPlan plan) : GroupHistory(plan)
{
    // The highest commits by their epochs: which of them a seek has undone is known by that.
    private readonly Dictionary<ulong, (ulong Asked, ulong Confirmed)> _commits = [];

    /// <param name="member">Who got them.</param>
    /// <param name="epoch">The delivery's.</param>
    /// <param name="records">In the order in which they came.</param>
    /// <param name="mayBeginAt">Whether what is before an offset may have been trimmed.</param>
    public Finding? Delivered(TrackedMember member, ulong epoch, IReadOnlyList<StreamCopy> records, Func<ulong, bool> mayBeginAt)
    {
        Finding? wrong = epoch == member.Epoch
            ? null
            : Wrong(FindingKind.Order, $"member {member.Number}, who was told epoch {member.Epoch}, got records of {epoch}");
        foreach (StreamCopy record in records)
        {
            bool isRight = member.Next switch
            {
                null => BeginsRightly(member, epoch, record.Offset) || (record.Offset >= member.Floor && mayBeginAt(record.Offset)),
                { } next => record.Offset == next || (record.Offset > next && mayBeginAt(record.Offset)),
            };
            if (!isRight)
            {
                string expected = member.Next is null ? $"its position, {Bounds()}," : $"{member.Next}";
                wrong ??= Wrong(
                    FindingKind.Order, $"member {member.Number} of epoch {epoch} got {record.Offset} where {expected} comes");
            }

            member.Next = record.Offset + 1;
        }

        return wrong;
    }

    public void Committing(ulong epoch, ulong offset)
    {
        (ulong asked, ulong confirmed) = _commits.GetValueOrDefault(epoch);
        _commits[epoch] = (Math.Max(asked, offset), confirmed);
    }

    public Finding? Committed(ulong epoch, ulong offset, ulong position, ulong seen)
    {
        (ulong asked, ulong confirmed) = _commits.GetValueOrDefault(epoch);
        _commits[epoch] = (asked, Math.Max(confirmed, offset));
        return position < offset
            ? Wrong(FindingKind.Answer, $"a commit of {offset} was answered with {position}")
            : Accepted(epoch, seen);
    }

    protected override void OnTold(TrackedMember member) =>
        member.Floor = SeekingTo is null && member.Epoch >= Epoch ? Bounds().Least : 0;

    protected override void OnBegun()
    {
        foreach (ulong epoch in _commits.Keys.Where(epoch => epoch < Epoch).ToList())
        {
            _commits.Remove(epoch);
        }
    }

    protected override void Judge(GroupStanding found, IReadOnlyDictionary<ulong, int> letters, List<Finding> findings)
    {
        (ulong least, ulong most) = Bounds();
        if (found.Position < least)
        {
            findings.Add(Wrong(FindingKind.Lost, $"its position is {found.Position}, and {least} was confirmed"));
        }
        else if (found.Position > Math.Max(most, found.Range.First))
        {
            findings.Add(Wrong(
                FindingKind.Lost, $"its position is {found.Position}: what follows {most} is passed over, and {found.Range} is there"));
        }

        _commits.Clear();
        Begin(found.Epoch, found.Position);
    }

    // What a seek does that is not answered may have been done, or not.
    private bool BeginsRightly(TrackedMember member, ulong epoch, ulong offset) =>
        SeekingTo is not null || epoch < Epoch || (offset >= member.Floor && offset <= Bounds().Most);

    private (ulong Least, ulong Most) Bounds()
    {
        (ulong least, ulong most) = (Base, Base);
        foreach ((ulong epoch, (ulong asked, ulong confirmed)) in _commits)
        {
            if (epoch >= Epoch)
            {
                (least, most) = (Math.Max(least, confirmed), Math.Max(most, asked));
            }
        }

        return SeekingTo is { } to ? (Math.Min(least, to), Math.Max(most, to)) : (least, most);
    }
}
