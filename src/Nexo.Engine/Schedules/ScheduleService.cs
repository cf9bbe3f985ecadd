using System.Diagnostics.CodeAnalysis;
using Nexo.Storage;

namespace Nexo.Engine.Schedules;

/// <summary>
/// Messages that are pushed again and again, at times that a cron expression gives. They go by the wall clock. Every
/// method may be called from any thread and takes one short lock; names are UTF-8. Runs are pushed by <see
/// cref="Tick"/>.
/// </summary>
/// <remarks>
/// A run is pushed first and logged then. A crash between the two repeats it, with the same dedup id, by which the
/// queue knows it; so no run is lost, and none comes twice while the queue remembers.
/// </remarks>
public sealed partial class ScheduleService
{
    // A clock that is kept in step moves by less.
    private const long ClockMovedMs = 1_000;

    private readonly ScheduleLimits _limits;
    private readonly EngineClock _clock;
    private readonly ScheduleState _state;
    private readonly Lock _gate = new();
    private readonly Lock _tickGate = new();
    private ILogWriter? _log;
    private bool _isRecovering;
    private long _nowSeenMs;
    private long _runs;
    private long _failed;
    private long _missed;

    /// <summary>
    /// Without any schedule. With a log, every change is written to it; to rebuild an earlier state first, give the log
    /// to <see cref="ScheduleRecovery.Complete"/> instead.
    /// </summary>
    public ScheduleService(ScheduleLimits limits, EngineClock clock, ILogWriter? log = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(clock);
        _limits = limits;
        _clock = clock;
        _log = log;
        _state = new ScheduleState(limits);
        _nowSeenMs = clock.WallMs;
    }

    public ScheduleLimits Limits => _limits;

    public ScheduleStats Stats
    {
        get
        {
            lock (_gate)
            {
                return new ScheduleStats(_state.Count, _state.Bytes, _runs, _failed, _missed);
            }
        }
    }

    /// <summary>When the next run is due, Unix ms of the wall clock; 0: none will be.</summary>
    public long NextAtMs
    {
        get
        {
            lock (_gate)
            {
                return _state.NextAtMs;
            }
        }
    }

    /// <summary>
    /// Makes a schedule, or makes one that is there what is asked for. With the same times it goes on where it was;
    /// with other ones it begins now, as it does when it is enabled.
    /// </summary>
    public ScheduleStatus Set(in ScheduleSpec spec, out ScheduleSetResult result)
    {
        long nowMs = _clock.WallMs;
        ScheduleStatus status = ScheduleCheck.Find(spec, _limits);
        string message = string.Empty;
        ScheduleRule? rule = null;
        if (status == ScheduleStatus.Ok)
        {
            status = ScheduleRuleText.TryRead(
                spec.Name, spec.Cron, spec.TimeZone, _limits, out rule, out message);
        }

        if (rule is not null && rule.Next(nowMs) is null)
        {
            status = ScheduleStatus.CronInvalid;
            message = "The expression never comes due.";
        }

        result = new ScheduleSetResult(false, 0, message, false);
        return status == ScheduleStatus.Ok ? Set(spec, rule!, nowMs, out result) : status;
    }

    public bool TryDescribe(ReadOnlySpan<byte> name, [NotNullWhen(true)] out ScheduleInfo? info)
    {
        lock (_gate)
        {
            info = _state.TryFind(name, out Schedule? schedule) ? schedule.Describe() : null;
            return info is not null;
        }
    }

    /// <summary>
    /// Schedules whose names begin with <paramref name="prefix"/> and come behind <paramref name="after"/>, in the
    /// order of their names' bytes.
    /// </summary>
    public IReadOnlyList<ScheduleInfo> List(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> after, int limit)
    {
        var found = new List<ScheduleInfo>();
        lock (_gate)
        {
            int index = _state.IndexFrom(after.SequenceCompareTo(prefix) > 0 ? after : prefix);
            for (; index < _state.Count && found.Count < limit; index++)
            {
                ReadOnlySpan<byte> name = _state.All[index].Definition.Name;
                if (!name.StartsWith(prefix))
                {
                    break;
                }

                if (!name.SequenceEqual(after))
                {
                    found.Add(_state.All[index].Describe());
                }
            }
        }

        return found;
    }

    /// <summary>Removes a schedule. What it has pushed stays in its queue.</summary>
    /// <param name="waits">True when the answer must wait until the log is durable.</param>
    public ScheduleStatus Remove(ReadOnlySpan<byte> name, out bool waits)
    {
        lock (_gate)
        {
            waits = _log is not null;
            if (!_state.TryFind(name, out _))
            {
                return ScheduleStatus.NotFound;
            }

            if (_log is { } log)
            {
                LogRoom room = log.RoomForRemoval(name.Length);
                if (room != LogRoom.Ok)
                {
                    return StatusOf(room);
                }

                using LogAppend append = log.Begin((byte)ScheduleRecordKind.Removed, name.Length);
                name.CopyTo(append.Payload);
            }

            _state.ApplyRemoved(name);
            return ScheduleStatus.Ok;
        }
    }

    private ScheduleStatus Set(in ScheduleSpec spec, ScheduleRule rule, long nowMs, out ScheduleSetResult result)
    {
        lock (_gate)
        {
            result = new ScheduleSetResult(false, 0, string.Empty, _log is not null);
            bool isThere = _state.TryFind(spec.Name, out Schedule? schedule);
            bool goesOn = isThere
                && schedule!.Definition.HasTimesOf(spec)
                && (schedule.Rule is not null || !spec.IsEnabled);
            if (goesOn && schedule!.Definition.Is(spec))
            {
                result = result with { NextAtMs = schedule.NextAtMs };
                return ScheduleStatus.Ok;
            }

            var definition = new ScheduleDefinition(spec);
            long bytesBefore = isThere ? schedule!.Definition.Bytes : 0;
            if ((!isThere && _state.Count >= _limits.SchedulesMax)
                || _state.Bytes + definition.Bytes - bytesBefore > _limits.BytesMax)
            {
                return ScheduleStatus.TooMany;
            }

            long passedMs = goesOn ? schedule!.Runs.PassedMs : nowMs;
            ScheduleStatus status = LogSet(definition, passedMs);
            if (status != ScheduleStatus.Ok)
            {
                return status;
            }

            schedule = _state.Apply(definition, passedMs);
            if (!goesOn)
            {
                schedule.Rule = spec.IsEnabled ? rule : null;
                _state.Plan(schedule);
            }

            result = result with { Created = !isThere, NextAtMs = schedule.NextAtMs };
            return ScheduleStatus.Ok;
        }
    }

    private ScheduleStatus LogSet(ScheduleDefinition definition, long passedMs)
    {
        if (_log is not { } log)
        {
            return ScheduleStatus.Ok;
        }

        int bytes = ScheduleSetRecord.Bytes(definition);
        LogRoom room = log.RoomFor(bytes);
        if (room == LogRoom.Ok)
        {
            using LogAppend append = log.Begin((byte)ScheduleRecordKind.Set, bytes);
            ScheduleSetRecord.Write(append.Payload, definition, passedMs);
        }

        return StatusOf(room);
    }

    private static ScheduleStatus StatusOf(LogRoom room) => room switch
    {
        LogRoom.Ok => ScheduleStatus.Ok,
        LogRoom.Full => ScheduleStatus.DiskFull,
        _ => ScheduleStatus.LogFailed,
    };
}
