using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Streams.Groups;

/// <summary>The histories of all groups, and what their members share. Thread-safe.</summary>
internal sealed class GroupLedger(IReadOnlyList<GroupPlan> plans, StreamLedger streams)
{
    private readonly Lock _gate = new();
    private readonly List<Finding> _findings = [];
    private readonly Dictionary<GroupPlan, OrderedHistory> _ordered =
        plans.Where(plan => plan.Mode == GroupMode.Ordered).ToDictionary(plan => plan, plan => new OrderedHistory(plan));

    private readonly Dictionary<GroupPlan, SharedHistory> _shared =
        plans.Where(plan => plan.Mode == GroupMode.SharedByKey).ToDictionary(plan => plan, plan => new SharedHistory(plan));

    /// <summary>Commits and settlements that were confirmed.</summary>
    public long Confirmed { get; private set; }

    public SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    public void Created(GroupPlan plan, bool isNew, ulong position) => Do(plan, group => group.Created(isNew, position));

    /// <summary>What somebody was told before something is sent.</summary>
    public ulong EpochSeen(GroupPlan plan)
    {
        lock (_gate)
        {
            return Of(plan).EpochSeen;
        }
    }

    /// <summary>A seek is about to be sent; false: one is still open.</summary>
    public bool TrySeek(GroupPlan plan, ulong to)
    {
        lock (_gate)
        {
            if (!Of(plan).IsCreated || Of(plan).SeekingTo is not null)
            {
                return false;
            }

            Of(plan).Seeking(to);
            Count("seeks", 1);
            return true;
        }
    }

    public void Sought(GroupPlan plan, GroupSeekReply reply) => Do(plan, group => group.Sought(reply));

    public void Told(TrackedMember member, GroupState state, bool isDurable) =>
        Do(member.Plan, group => group.Told(member, state, isDurable));

    /// <summary>Records came to a member.</summary>
    public void Delivered(TrackedMember member, ulong epoch, IReadOnlyList<StreamCopy> records)
    {
        // What a group shows is durable, as what any reader is shown.
        streams.Saw(member.Plan.Stream, records);
        lock (_gate)
        {
            Count("deliveries", records.Count);
            if (member.Plan.Mode == GroupMode.Ordered)
            {
                Add(_ordered[member.Plan].Delivered(member, epoch, records, offset => MayBeginAt(member.Plan.Stream, offset)));
                return;
            }

            foreach (StreamCopy record in records)
            {
                Add(_shared[member.Plan].Delivered(member, epoch, record));
            }
        }
    }

    public void Committing(GroupPlan plan, ulong epoch, ulong offset)
    {
        lock (_gate)
        {
            _ordered[plan].Committing(epoch, offset);
        }
    }

    public void Committed(GroupPlan plan, ulong epoch, ulong offset, ulong position, ulong seen)
    {
        lock (_gate)
        {
            Confirmed++;
            Count("commits", 1);
            Add(_ordered[plan].Committed(epoch, offset, position, seen));
        }
    }

    public void Settling(GroupPlan plan, TrackedRecord record, RecordVerdict verdict)
    {
        lock (_gate)
        {
            _shared[plan].Settling(record, verdict);
        }
    }

    /// <summary>The answer to a settlement of one delivery.</summary>
    /// <param name="isFirst">It was the first one: it is taken, and any other refused.</param>
    public void Settled(GroupPlan plan, TrackedRecord record, RecordVerdict verdict, bool isFirst, ErrorCode code, ulong seen)
    {
        lock (_gate)
        {
            if (code == ErrorCode.None && isFirst)
            {
                Confirmed++;
                Count(verdict == RecordVerdict.Ack ? "acks" : "nacks", 1);
                Add(_shared[plan].Settled(record, verdict, seen));
            }
            else if (code is not ErrorCode.StorageFailed and not ErrorCode.StorageFull
                && code != (isFirst ? ErrorCode.None : ErrorCode.LeaseLost))
            {
                Add(new Finding(
                    FindingKind.Answer, plan.ToString(), $"{(isFirst ? "a first" : "a second")} {verdict} of {record} got {code}"));
            }
        }
    }

    /// <summary>Members leave, or their connection is about to be cut.</summary>
    public void Gone(IEnumerable<TrackedMember> members, bool areLost)
    {
        lock (_gate)
        {
            foreach (TrackedMember member in members.Where(member => !member.IsGone))
            {
                member.IsGone = true;
                if (areLost && member.Plan.Mode == GroupMode.SharedByKey)
                {
                    _shared[member.Plan].Lost(member);
                }
            }
        }
    }

    /// <summary>Who is a member no more was refused.</summary>
    public void Refused()
    {
        lock (_gate)
        {
            Count("late requests refused", 1);
        }
    }

    public void Wrong(FindingKind kind, GroupPlan plan, string text)
    {
        lock (_gate)
        {
            Add(new Finding(kind, plan.ToString(), text));
        }
    }

    public IReadOnlyList<Finding> TakeFindings()
    {
        lock (_gate)
        {
            List<Finding> all = [.. _findings];
            _findings.Clear();
            return all;
        }
    }

    public IReadOnlyList<Finding> Verify(GroupContents contents)
    {
        lock (_gate)
        {
            Counts["dead letters (groups)"] = contents.Letters.Values.Sum(of => of.Values.Sum());
            return
            [
                .. plans.SelectMany(plan => Of(plan).Verify(
                    contents.Groups.TryGetValue(plan, out GroupStanding found) ? found : null, contents.LettersOf(plan))),
            ];
        }
    }

    /// <summary>What good members were not given, when they have done all.</summary>
    public IReadOnlyList<Finding> Skipped(GroupPlan plan, OffsetRange range)
    {
        lock (_gate)
        {
            return plan.Mode == GroupMode.SharedByKey ? [.. _shared[plan].Skipped(range).Take(3)] : [];
        }
    }

    // Who waits goes on where the stream begins by then.
    private bool MayBeginAt(StreamPlan stream, ulong offset) => stream.KeepsBytes > 0 || streams.MayBeTrimmedTo(stream, offset);

    private GroupHistory Of(GroupPlan plan) => plan.Mode == GroupMode.Ordered ? _ordered[plan] : _shared[plan];

    private void Do(GroupPlan plan, Func<GroupHistory, Finding?> what)
    {
        lock (_gate)
        {
            Add(what(Of(plan)));
        }
    }

    private void Count(string fact, long by) => Counts[$"{fact} (groups)"] = Counts.GetValueOrDefault($"{fact} (groups)") + by;

    private void Add(Finding? finding)
    {
        if (finding is not null && _findings.Count < 20)
        {
            _findings.Add(finding);
        }
    }
}
