using Microsoft.Extensions.Logging;
using Nexo.Server.Hosting;
using Nexo.Server.Security;

namespace Nexo.Server.Tests.Hosting;

public sealed class LogPaceTests
{
    private readonly TimerTime _time = new();
    private readonly Written _written = new();

    [Fact]
    public void Lines_of_one_event_beyond_the_pace_are_counted_and_summed_up_and_others_are_not_touched()
    {
        ILogger log = Logger("Nexo.Some", repeatsMax: 3);
        for (int i = 0; i < 10; i++)
        {
            log.Log(LogLevel.Warning, new EventId(7), $"seven {i}", null, (text, _) => text);
        }

        log.Log(LogLevel.Information, new EventId(8), "eight", null, (text, _) => text);
        Assert.Equal(["seven 0", "seven 1", "seven 2", "eight"], _written.Lines.Select(line => line.Text));

        _time.Advance(TimeSpan.FromSeconds(1));
        (LogLevel level, EventId id, string sum) = _written.Lines[^1];
        Assert.Equal((LogLevel.Warning, 7, "7 more lines of this kind were left out (log.repeats-max)"), (level, id.Id, sum));

        log.Log(LogLevel.Warning, new EventId(7), "seven again", null, (text, _) => text);
        Assert.Equal("seven again", _written.Lines[^1].Text);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(6, _written.Lines.Count);
    }

    [Fact]
    public void Lines_that_come_slowly_are_all_written()
    {
        ILogger log = Logger("Nexo.Some", repeatsMax: 2);
        for (int i = 0; i < 20; i++)
        {
            log.Log(LogLevel.Error, new EventId(1), "line", null, (text, _) => text);
            _time.Advance(TimeSpan.FromMilliseconds(500));
        }

        Assert.Equal(20, _written.Lines.Count);
        Assert.All(_written.Lines, line => Assert.Equal("line", line.Text));
    }

    [Fact]
    public void What_has_no_event_id_is_told_apart_by_its_text()
    {
        ILogger log = Logger("Microsoft.Other", repeatsMax: 1);
        log.LogWarning("one {Number}", 1);
        log.LogWarning("one {Number}", 2);
        log.LogWarning("two {Number}", 1);
        Assert.Equal(["one 1", "two 1"], _written.Lines.Select(line => line.Text));
    }

    [Theory]
    [InlineData("Nexo.Some", LogLevel.Critical, 1)]
    [InlineData(AuditLog.Category, LogLevel.Information, 1)]
    [InlineData("Nexo.Some", LogLevel.Information, 0)]
    public void What_is_critical_or_audited_is_always_written_and_without_a_limit_everything(
        string category, LogLevel level, int repeatsMax)
    {
        ILogger log = Logger(category, repeatsMax);
        for (int i = 0; i < 100; i++)
        {
            log.Log(level, new EventId(3), "line", null, (text, _) => text);
        }

        Assert.Equal(100, _written.Lines.Count);
    }

    private ILogger Logger(string category, int repeatsMax)
    {
        var pace = new LogPace(new NexoServerOptions { Log = new LogOptions { RepeatsMax = 99 } }, _time);
        ILogger logger = pace.Around(_written).CreateLogger(category);
        pace.Apply(new NexoServerOptions { Log = new LogOptions { RepeatsMax = repeatsMax } });
        return logger;
    }

    /// <summary>A clock that moves when it is told to, and rings on its way.</summary>
    private sealed class TimerTime : TimeProvider
    {
        private readonly List<Alarm> _alarms = [];
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time)
        {
            _ticks += time.Ticks;
            foreach (Alarm alarm in _alarms.Where(alarm => alarm.At <= _ticks).ToArray())
            {
                alarm.At = long.MaxValue;
                alarm.Ring();
            }
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var alarm = new Alarm(this, () => callback(state));
            alarm.Change(dueTime, period);
            _alarms.Add(alarm);
            return alarm;
        }

        private sealed class Alarm(TimerTime time, Action ring) : ITimer
        {
            public long At { get; set; }

            public void Ring() => ring();

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                At = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time._ticks + dueTime.Ticks;
                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    private sealed class Written : ILoggerProvider, ILogger
    {
        public List<(LogLevel Level, EventId Id, string Text)> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((logLevel, eventId, formatter(state, exception)));

        public void Dispose()
        {
        }
    }
}
