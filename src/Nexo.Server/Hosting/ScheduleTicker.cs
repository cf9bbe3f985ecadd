using Microsoft.Extensions.Logging;
using Nexo.Engine;
using Nexo.Engine.Queues;
using Nexo.Engine.Schedules;
using Nexo.Server.Data;

namespace Nexo.Server.Hosting;

/// <summary>Runs the schedules when they are due, and looks once a second whether the wall clock was set.</summary>
internal sealed partial class ScheduleTicker : IDisposable
{
    private const long WaitMsMax = 1_000;

    // While the data is being read back, or the disk is behind.
    private const long RetryMs = 50;

    private static readonly TimeSpan WarnEvery = TimeSpan.FromSeconds(10);

    private readonly ScheduleService _schedules;
    private readonly EngineClock _clock;
    private readonly Persistence _persistence;
    private readonly TimeProvider _time;
    private readonly ILogger<ScheduleTicker> _logger;
    private readonly SchedulePusher _pusher;
    private readonly Lock _ticking = new();
    private readonly Lock _arming = new();
    private readonly ITimer _timer;
    private long? _warnedAt;
    private bool _isDisposed;

    public ScheduleTicker(
        ScheduleService schedules,
        QueueService queues,
        EngineClock clock,
        Persistence persistence,
        TimeProvider time,
        ILogger<ScheduleTicker> logger)
    {
        _schedules = schedules;
        _clock = clock;
        _persistence = persistence;
        _time = time;
        _logger = logger;
        _pusher = new SchedulePusher(queues);
        _timer = time.CreateTimer(
            static state => ((ScheduleTicker)state!).OnTimer(),
            this,
            TimeSpan.FromMilliseconds(RetryMs),
            Timeout.InfiniteTimeSpan);
    }

    public ScheduleService Schedules => _schedules;

    private bool MayRun => _persistence is not ({ IsOn: true, Log: null } or { IsLogCrowded: true });

    /// <summary>Something may be due sooner than it was.</summary>
    public void Wake() => Arm(isBehind: false);

    /// <summary>Nothing is pushed any more once it returns.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_ticking)
        {
            _isDisposed = true;
        }
    }

    private void OnTimer()
    {
        if (!_ticking.TryEnter())
        {
            return;
        }

        bool isBehind = false;
        try
        {
            if (_isDisposed)
            {
                return;
            }

            if (MayRun)
            {
                isBehind = _schedules.Tick(_pusher) == _schedules.Limits.RunsPerTickMax;
                _pusher.Work.Run();
                Warn();
            }
        }
        finally
        {
            _ticking.Exit();
        }

        Arm(isBehind);
    }

    // Under a lock, and by what is due then: whoever comes last, knows the latest.
    private void Arm(bool isBehind)
    {
        lock (_arming)
        {
            long waitMs = RetryMs;
            if (MayRun)
            {
                long nextAtMs = _schedules.NextAtMs;
                waitMs = isBehind ? 1
                    : nextAtMs == 0 ? WaitMsMax
                    : Math.Clamp(nextAtMs - _clock.WallMs, 1, WaitMsMax);
            }

            _timer.Change(TimeSpan.FromMilliseconds(waitMs), Timeout.InfiniteTimeSpan);
        }
    }

    // One line for all that were refused since the last one.
    private void Warn()
    {
        bool mayWarn = _warnedAt is not { } at || _time.GetElapsedTime(at) >= WarnEvery;
        if (_pusher.Failures > 0 && mayWarn)
        {
            _warnedAt = _time.GetTimestamp();
            LogRefused(_pusher.TakeFailures(), _pusher.LastFailure);
        }
    }

    [LoggerMessage(
        1, LogLevel.Warning, "{Runs} runs of schedules were refused by their queues; the last one: schedule {Last}")]
    private partial void LogRefused(int runs, string last);
}
