using System.Buffers.Text;
using Nexo.Storage;

namespace Nexo.Engine.Schedules;

/// <content>Runs that are due.</content>
public sealed partial class ScheduleService
{
    private const int NumberBytesMax = 20;

    // Of the default limits: then the stack holds a dedup id.
    private const int DedupIdBytesOnStack = 256;

    private static ReadOnlySpan<byte> DedupIdPrefix => "nexo-schedule/"u8;

    /// <summary>
    /// Pushes what is due, at most <see cref="ScheduleLimits.RunsPerTickMax"/> runs, and says how many it dealt with;
    /// for one timer to call, at <see cref="NextAtMs"/> or every second, since the wall clock may be set. A call while
    /// another one is running does nothing.
    /// </summary>
    public int Tick(ISchedulePusher pusher)
    {
        ArgumentNullException.ThrowIfNull(pusher);
        if (!_tickGate.TryEnter())
        {
            return 0;
        }

        try
        {
            long nowMs = _clock.WallMs;
            int runs = 0;
            while (runs < _limits.RunsPerTickMax && TryTake(nowMs, out ScheduleRun run))
            {
                // Without the lock: the queues have theirs.
                ScheduleOutcome outcome = run.DueAtMs == 0 ? ScheduleOutcome.None : Push(run, pusher);
                Complete(run, outcome);
                runs++;
            }

            return runs;
        }
        finally
        {
            _tickGate.Exit();
        }
    }

    private static ScheduleOutcome Push(in ScheduleRun run, ISchedulePusher pusher)
    {
        ScheduleDefinition definition = run.Definition;
        int bytes = DedupIdPrefix.Length + definition.Name.Length + 1 + NumberBytesMax;
        Span<byte> dedupId = bytes <= DedupIdBytesOnStack ? stackalloc byte[DedupIdBytesOnStack] : new byte[bytes];
        DedupIdPrefix.CopyTo(dedupId);
        definition.Name.CopyTo(dedupId[DedupIdPrefix.Length..]);
        int length = DedupIdPrefix.Length + definition.Name.Length;
        dedupId[length++] = (byte)'/';
        Utf8Formatter.TryFormat(run.DueAtMs, dedupId[length..], out int digits);
        return pusher.Push(new ScheduledPush
        {
            Schedule = definition.Name,
            DueAtMs = run.DueAtMs,
            DedupId = dedupId[..(length + digits)],
            Queue = definition.Queue,
            Priority = definition.Priority,
            TtlMs = definition.TtlMs,
            Group = definition.Group,
            Headers = definition.Headers,
            Body = definition.Body,
        });
    }

    private bool TryTake(long nowMs, out ScheduleRun run)
    {
        lock (_gate)
        {
            run = default;
            if (_isRecovering)
            {
                return false;
            }

            if (nowMs < _nowSeenMs - ClockMovedMs)
            {
                foreach (Schedule schedule in _state.All)
                {
                    FollowClock(schedule, nowMs);
                }
            }

            _nowSeenMs = nowMs;
            return _state.TryTakeDue(nowMs, out run);
        }
    }

    private void Complete(in ScheduleRun run, ScheduleOutcome outcome)
    {
        lock (_gate)
        {
            _runs += run.DueAtMs == 0 ? 0 : 1;
            _failed += ScheduleState.IsFailure(outcome) ? 1 : 0;
            _missed += run.Missed;
            if (run.Schedule.IsRemoved)
            {
                return;
            }

            Change(run.Schedule, ScheduleState.After(run, outcome));
        }
    }

    // The clock was set back: what is too far ahead of it goes on from now. Logged, or a restart would see it
    // otherwise.
    private void FollowClock(Schedule schedule, long nowMs)
    {
        if (_state.IsAhead(schedule, nowMs))
        {
            Change(schedule, schedule.Runs with { PassedMs = nowMs });
        }
    }

    private void Change(Schedule schedule, in ScheduleRuns runs)
    {
        LogRan(schedule.Definition.Name, runs);
        _state.Apply(schedule.Definition.Name, runs);
        _state.Plan(schedule);
    }

    // On a full disk it goes on without a record: the worst that comes of it is that the run is due again after a
    // restart.
    private void LogRan(byte[] name, in ScheduleRuns runs)
    {
        int bytes = ScheduleRanRecord.Bytes(name.Length);
        if (_log is { } log && log.RoomForUpkeep(bytes) == LogRoom.Ok)
        {
            using LogAppend append = log.Begin((byte)ScheduleRecordKind.Ran, bytes);
            ScheduleRanRecord.Write(append.Payload, name, runs);
        }
    }
}
