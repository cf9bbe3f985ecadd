using System.Diagnostics.CodeAnalysis;

namespace Nexo.Engine.Schedules;

/// <summary>A run that is due, taken to be pushed.</summary>
/// <param name="Schedule">Whose it is.</param>
/// <param name="Definition">As it was when it was taken.</param>
/// <param name="DueAtMs">The moment for which it runs; 0: nothing is to be pushed, only missed runs are
/// dropped.</param>
/// <param name="PassedMs">Up to where runs are dealt with by it.</param>
/// <param name="Missed">Runs that are dropped with it.</param>
internal readonly record struct ScheduleRun(
    Schedule Schedule, ScheduleDefinition Definition, long DueAtMs, long PassedMs, int Missed);

/// <summary>
/// All schedules, by name and by when they are due. Deterministic: time comes as an argument. Not thread-safe.
/// </summary>
internal sealed class ScheduleState(ScheduleLimits limits)
{
    private const int StaleMin = 64;

    // Ordered by the bytes of their names: for lists, and small enough to be searched so too.
    private readonly List<Schedule> _byName = [];

    // With entries of schedules that have been removed, or are due at another moment by now: passed over when they come
    // up.
    private readonly PriorityQueue<Schedule, long> _due = new();

    public int Count => _byName.Count;

    /// <summary>Of all definitions.</summary>
    public long Bytes { get; private set; }

    /// <summary>All, ordered by name.</summary>
    public IReadOnlyList<Schedule> All => _byName;

    /// <summary>When the next run is due; 0: never.</summary>
    public long NextAtMs => TryPeek(out _) is { } dueAtMs ? dueAtMs : 0;

    public bool TryFind(ReadOnlySpan<byte> name, [NotNullWhen(true)] out Schedule? schedule)
    {
        int index = IndexOf(name);
        schedule = index < 0 ? null : _byName[index];
        return schedule is not null;
    }

    /// <summary>Where the first one lies whose name is not before this one.</summary>
    public int IndexFrom(ReadOnlySpan<byte> name)
    {
        int index = IndexOf(name);
        return index < 0 ? ~index : index;
    }

    /// <summary>A schedule is this. It has no rule until it is planned.</summary>
    public Schedule Apply(ScheduleDefinition definition, long passedMs)
    {
        int index = IndexOf(definition.Name);
        if (index >= 0)
        {
            Schedule there = _byName[index];
            Bytes += definition.Bytes - there.Definition.Bytes;
            there.Definition = definition;
            there.Runs = there.Runs with { PassedMs = passedMs };
            return there;
        }

        var schedule = new Schedule(definition) { Runs = default(ScheduleRuns) with { PassedMs = passedMs } };
        _byName.Insert(~index, schedule);
        Bytes += definition.Bytes;
        return schedule;
    }

    /// <summary>This has become of a schedule's runs; one that is not there was removed later.</summary>
    public void Apply(ReadOnlySpan<byte> name, in ScheduleRuns runs)
    {
        if (TryFind(name, out Schedule? schedule))
        {
            schedule.Runs = runs;
        }
    }

    /// <summary>A schedule is gone.</summary>
    public void ApplyRemoved(ReadOnlySpan<byte> name)
    {
        int index = IndexOf(name);
        if (index >= 0)
        {
            _byName[index].IsRemoved = true;
            Bytes -= _byName[index].Definition.Bytes;
            _byName.RemoveAt(index);
        }
    }

    /// <summary>Works out when a schedule runs next, by its rule and what it has passed.</summary>
    public void Plan(Schedule schedule)
    {
        schedule.NextAtMs = schedule.Rule?.Next(schedule.Runs.PassedMs) ?? 0;
        if (schedule.NextAtMs == 0)
        {
            return;
        }

        if (_due.Count > (2 * _byName.Count) + StaleMin)
        {
            _due.Clear();
            _due.EnqueueRange(_byName.Where(one => one.NextAtMs != 0).Select(one => (one, one.NextAtMs)));
            return;
        }

        _due.Enqueue(schedule, schedule.NextAtMs);
    }

    /// <summary>
    /// Whether a schedule has passed moments that are too far ahead of a clock that was set back: it is to go on from
    /// now.
    /// </summary>
    public bool IsAhead(Schedule schedule, long nowMs) =>
        schedule.Rule is { } rule && schedule.Runs.PassedMs - nowMs > rule.SetBackMs(limits.SetBackMsMax);

    /// <summary>Takes the next run that is due; afterwards the schedule is to be planned anew.</summary>
    public bool TryTakeDue(long nowMs, out ScheduleRun run)
    {
        run = default;
        if (TryPeek(out Schedule? schedule) is not { } dueAtMs || dueAtMs > nowMs)
        {
            return false;
        }

        _due.Dequeue();
        run = new ScheduleRun(schedule!, schedule!.Definition, dueAtMs, dueAtMs, 0);
        if (nowMs - dueAtMs > limits.LateMsMax)
        {
            run = CatchUp(run, nowMs);
        }

        return true;
    }

    public static bool IsFailure(ScheduleOutcome outcome) =>
        outcome is not (ScheduleOutcome.None or ScheduleOutcome.Pushed or ScheduleOutcome.Duplicate);

    /// <summary>What has become of a schedule's runs once a run has ended so.</summary>
    public static ScheduleRuns After(in ScheduleRun run, ScheduleOutcome outcome)
    {
        ScheduleRuns before = run.Schedule.Runs;
        bool ran = run.DueAtMs != 0;
        return new ScheduleRuns(
            ran ? run.DueAtMs : before.LastAtMs,

            // It may have been set anew meanwhile, and have passed more by that.
            Math.Max(run.PassedMs, before.PassedMs),
            before.Runs + (ran ? 1UL : 0),
            before.Failed + (IsFailure(outcome) ? 1UL : 0),
            before.Missed + (ulong)run.Missed,
            ran ? outcome : before.LastOutcome);
    }

    // A server was down, or the clock was set forward: all of that is one run at most.
    private ScheduleRun CatchUp(in ScheduleRun due, long nowMs)
    {
        ScheduleRule rule = due.Schedule.Rule!;
        long passedMs = due.Schedule.Runs.PassedMs;
        long latestMs = rule.Latest(passedMs, nowMs) ?? due.DueAtMs;
        bool runs = due.Definition.CatchUp == ScheduleCatchUp.Once || nowMs - latestMs <= limits.LateMsMax;
        int missed = rule.CountBetween(passedMs, latestMs, limits.MissedCountedMax) + (runs ? 0 : 1);
        return due with { DueAtMs = runs ? latestMs : 0, PassedMs = latestMs, Missed = missed };
    }

    private long? TryPeek(out Schedule? schedule)
    {
        while (_due.TryPeek(out schedule, out long dueAtMs))
        {
            if (!schedule.IsRemoved && schedule.Rule is not null && schedule.NextAtMs == dueAtMs)
            {
                return dueAtMs;
            }

            _due.Dequeue();
        }

        return null;
    }

    private int IndexOf(ReadOnlySpan<byte> name)
    {
        int low = 0;
        int high = _byName.Count - 1;
        while (low <= high)
        {
            int middle = low + ((high - low) / 2);
            int order = name.SequenceCompareTo(_byName[middle].Definition.Name);
            if (order == 0)
            {
                return middle;
            }

            if (order > 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }
}
