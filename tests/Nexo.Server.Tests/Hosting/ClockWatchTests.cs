using Nexo.Server.Hosting;

namespace Nexo.Server.Tests.Hosting;

public sealed class ClockWatchTests
{
    private readonly TwoClocks _time = new();
    private readonly LineLog<ClockWatch> _log = new();

    [Fact]
    public void A_clock_that_goes_on_is_no_jump_however_seldom_it_is_looked_at()
    {
        var watch = new ClockWatch(_time, _log);
        foreach (double seconds in (double[])[0, 1, 0.5, 3_600, 86_400])
        {
            _time.GoOn(TimeSpan.FromSeconds(seconds));
            watch.Look();
        }

        _time.Set(TimeSpan.FromMilliseconds(900));
        watch.Look();
        Assert.Equal(new ClockJumps(0, TimeSpan.Zero, null), watch.Jumps);
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [InlineData(90, "ahead")]
    [InlineData(-3_600, "back")]
    public void A_clock_that_is_set_is_told_once_with_how_far(int seconds, string direction)
    {
        var watch = new ClockWatch(_time, _log);
        _time.GoOn(TimeSpan.FromSeconds(10));
        _time.Set(TimeSpan.FromSeconds(seconds));
        watch.Look();
        _time.GoOn(TimeSpan.FromSeconds(10));
        watch.Look();

        Assert.Equal((1, TimeSpan.FromSeconds(seconds)), (watch.Jumps.Count, watch.Jumps.Last));
        Assert.Contains($"Warning: the wall clock was set {direction} by {Math.Abs(seconds)} s", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_jumps_are_two_also_if_the_second_undoes_the_first()
    {
        var watch = new ClockWatch(_time, _log);
        _time.Set(TimeSpan.FromHours(1));
        watch.Look();
        _time.Set(TimeSpan.FromHours(-1));
        watch.Look();

        Assert.Equal((2, TimeSpan.FromHours(-1)), (watch.Jumps.Count, watch.Jumps.Last));
    }

    /// <summary>A wall clock that can be set, and a monotonic one that cannot.</summary>
    private sealed class TwoClocks : TimeProvider
    {
        private TimeSpan _monotonic;
        private TimeSpan _set;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void GoOn(TimeSpan time) => _monotonic += time;

        public void Set(TimeSpan by) => _set += by;

        public override long GetTimestamp() => _monotonic.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddDays(20_000) + _monotonic + _set;
    }
}
