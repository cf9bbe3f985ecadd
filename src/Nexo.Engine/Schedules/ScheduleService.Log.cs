using System.Text;
using Nexo.Storage;

namespace Nexo.Engine.Schedules;

/// <content>The schedules and their log: recovery and snapshots.</content>
public sealed partial class ScheduleService
{
    /// <summary>
    /// Begins to rebuild the schedules of an earlier run; there are none yet, and there is no log. Until <see
    /// cref="ScheduleRecovery.Complete"/> has been called no command may be given, and <see cref="Tick"/> does nothing.
    /// </summary>
    public ScheduleRecovery BeginRecovery()
    {
        lock (_gate)
        {
            if (_log is not null || _isRecovering || _state.Count != 0)
            {
                throw new InvalidOperationException("Only into no schedules, without a log, and only once.");
            }

            _isRecovering = true;
            return new ScheduleRecovery(this);
        }
    }

    /// <summary>
    /// Begins a snapshot for a position of the log: that of a record that had been appended before this call. Commands
    /// and runs go on.
    /// </summary>
    public ScheduleSnapshot BeginSnapshot(Lsn position) => new(this, position);

    /// <summary>Applies a record; false: it is not valid.</summary>
    internal bool Apply(ScheduleRecordKind kind, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            switch (kind)
            {
                case ScheduleRecordKind.Set:
                    if (!ScheduleSetRecord.TryRead(payload, out ScheduleSpec spec, out long passedMs))
                    {
                        return false;
                    }

                    _state.Apply(new ScheduleDefinition(spec), passedMs);
                    return true;
                case ScheduleRecordKind.Removed:
                    _state.ApplyRemoved(payload);
                    return !payload.IsEmpty;
                case ScheduleRecordKind.Ran:
                    bool valid = ScheduleRanRecord.TryRead(payload, out ReadOnlySpan<byte> name, out ScheduleRuns runs);
                    if (valid)
                    {
                        _state.Apply(name, runs);
                    }

                    return valid;
                default:
                    return false;
            }
        }
    }

    /// <summary>
    /// The state is there: works out when each schedule runs next, by the time zones as they are now, and attaches the
    /// log. Says which ones cannot be read on this machine: they are kept, and do not run.
    /// </summary>
    internal IReadOnlyList<string> EndRecovery(ILogWriter? log)
    {
        var problems = new List<string>();
        lock (_gate)
        {
            _log = log;
            _nowSeenMs = _clock.WallMs;
            foreach (Schedule schedule in _state.All)
            {
                ScheduleDefinition definition = schedule.Definition;
                ScheduleStatus status = ScheduleRuleText.TryRead(
                    definition.Name,
                    definition.Cron,
                    definition.TimeZone,
                    _limits,
                    out ScheduleRule? rule,
                    out string message);
                if (status != ScheduleStatus.Ok)
                {
                    problems.Add($"{Encoding.UTF8.GetString(definition.Name)}: {message}");
                }

                schedule.Rule = definition.IsEnabled ? rule : null;
                _state.Plan(schedule);
                FollowClock(schedule, _nowSeenMs);
            }

            _isRecovering = false;
        }

        return problems;
    }

    /// <summary>Copies the next schedules behind a name, as many as a slice may hold.</summary>
    internal void Slice(ReadOnlySpan<byte> after, int countMax, int bytesMax, List<ScheduleKept> slice)
    {
        lock (_gate)
        {
            int bytes = 0;
            for (int i = _state.IndexFrom(after); i < _state.Count && slice.Count < countMax && bytes < bytesMax; i++)
            {
                Schedule schedule = _state.All[i];
                if (!after.SequenceEqual(schedule.Definition.Name))
                {
                    slice.Add(new ScheduleKept(schedule.Definition, schedule.Runs));
                    bytes += schedule.Definition.Bytes;
                }
            }
        }
    }
}
