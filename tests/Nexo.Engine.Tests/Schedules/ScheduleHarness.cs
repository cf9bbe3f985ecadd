using System.Globalization;
using System.Text;
using Nexo.Engine.Schedules;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;

namespace Nexo.Engine.Tests.Schedules;

/// <summary>Schedules on a clock that is set by hand, with a queue that only writes down what is pushed.</summary>
internal sealed class ScheduleHarness : ISchedulePusher
{
    public ScheduleHarness(string now, ScheduleLimits? limits = null, MemoryLog? log = null)
        : this(At(now), limits, log, isRecovering: false)
    {
    }

    private ScheduleHarness(ManualTime time, ScheduleLimits? limits, MemoryLog? log, bool isRecovering)
    {
        Time = time;
        Limits = limits ?? new ScheduleLimits();
        Log = log;
        Service = new ScheduleService(Limits, new EngineClock(time), isRecovering ? null : log);
    }

    public ManualTime Time { get; }

    public ScheduleLimits Limits { get; }

    public MemoryLog? Log { get; }

    public ScheduleService Service { get; private set; }

    /// <summary>What was pushed: <c>name due</c>, with what the queue answered if it was not taken.</summary>
    public List<string> Pushed { get; } = [];

    /// <summary>The dedup ids of all pushes.</summary>
    public List<string> DedupIds { get; } = [];

    /// <summary>What the queue answers.</summary>
    public ScheduleOutcome Answer { get; set; } = ScheduleOutcome.Pushed;

    /// <summary>Called in the midst of each push.</summary>
    public Action? OnPush { get; set; }

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static long Ms(string moment) =>
        DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            .ToUnixTimeMilliseconds();

    public static string Text(long ms) =>
        ms == 0
            ? "never"
            : DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public ScheduleStatus TrySet(
        string name,
        string cron,
        out ScheduleSetResult result,
        string zone = "",
        string body = "body",
        ScheduleCatchUp catchUp = ScheduleCatchUp.Once,
        bool isEnabled = true) => Service.Set(
        new ScheduleSpec
        {
            Name = Encoding.UTF8.GetBytes(name),
            Cron = Encoding.UTF8.GetBytes(cron),
            TimeZone = Encoding.UTF8.GetBytes(zone),
            Queue = "queue"u8,
            Body = Encoding.UTF8.GetBytes(body),
            CatchUp = catchUp,
            IsEnabled = isEnabled,
        },
        out result);

    /// <summary>Sets a schedule and says when it runs next.</summary>
    public string Set(
        string name,
        string cron,
        string zone = "",
        string body = "body",
        ScheduleCatchUp catchUp = ScheduleCatchUp.Once,
        bool isEnabled = true)
    {
        ScheduleStatus status = TrySet(name, cron, out ScheduleSetResult result, zone, body, catchUp, isEnabled);
        Xunit.Assert.True(status == ScheduleStatus.Ok, $"{status}: {result.Message}");
        return Text(result.NextAtMs);
    }

    public ScheduleInfo Describe(string name)
    {
        Xunit.Assert.True(Service.TryDescribe(Encoding.UTF8.GetBytes(name), out ScheduleInfo? info));
        return info!;
    }

    public string NextOf(string name) => Text(Describe(name).NextAtMs);

    /// <summary>What is pushed now.</summary>
    public string[] Tick()
    {
        Pushed.Clear();
        Service.Tick(this);
        return [.. Pushed];
    }

    /// <summary>Lets the time pass second by second, and says what was pushed meanwhile.</summary>
    public string[] PassUntil(string moment)
    {
        Pushed.Clear();
        Service.Tick(this);
        while (NowMs < Ms(moment))
        {
            Time.Advance(1_000);
            Service.Tick(this);
        }

        return [.. Pushed];
    }

    /// <summary>Sets the wall clock.</summary>
    public void SetClock(string moment) => Time.WallJumpMs += Ms(moment) - NowMs;

    /// <summary>
    /// A later run of the server on the same log, or on what a snapshot has kept and the log behind it.
    /// </summary>
    public ScheduleHarness Restart(string? at = null, RecordList? snapshot = null, Lsn position = default)
    {
        if (at is not null)
        {
            SetClock(at);
        }

        var next = new ScheduleHarness(Time, Limits, Log, isRecovering: true);
        ScheduleRecovery recovery = next.Service.BeginRecovery();
        snapshot?.Replay(recovery);
        Log!.Replay(position, recovery);
        Xunit.Assert.Empty(recovery.Complete(Log));
        return next;
    }

    /// <summary>All there is to know of all schedules.</summary>
    public string[] Contents() => [.. Service.List([], [], int.MaxValue).Select(info =>
        $"{Encoding.UTF8.GetString(info.Name.Span)} {Encoding.UTF8.GetString(info.Cron.Span)} "
        + $"{Encoding.UTF8.GetString(info.Body.Span)} {info.CatchUp} {info.IsEnabled} {info.LastAtMs} {info.NextAtMs} "
        + $"{info.Runs} {info.Failed} {info.Missed} {info.LastOutcome}")];

    public ScheduleOutcome Push(in ScheduledPush message)
    {
        OnPush?.Invoke();
        string answer = Answer == ScheduleOutcome.Pushed ? string.Empty : $" {Answer}";
        Pushed.Add($"{Encoding.UTF8.GetString(message.Schedule)} {Text(message.DueAtMs)}{answer}");
        DedupIds.Add(Encoding.UTF8.GetString(message.DedupId));
        return Answer;
    }

    private static ManualTime At(string now)
    {
        var time = new ManualTime();
        time.WallJumpMs = Ms(now) - time.NowMs;
        return time;
    }
}
