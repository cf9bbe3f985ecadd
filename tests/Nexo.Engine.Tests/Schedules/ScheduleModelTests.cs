using System.Globalization;
using Nexo.Engine.Schedules;
using Xunit;

namespace Nexo.Engine.Tests.Schedules;

/// <summary>
/// What holds for schedules whatever is done to them, their clock and their server; each seed is one such life.
/// </summary>
public sealed class ScheduleModelTests
{
    private static readonly string[] Crons =
        ["* * * * * *", "*/7 * * * *", "30 2 * * *", "0 0 * * MON", "@hourly", "@every 1s", "@every 95s", "@every 5h"];

    private static readonly string[] Zones = ["", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];

    [Fact]
    public void No_run_comes_twice_and_one_at_most_of_those_that_were_missed_through_restarts_and_jumps_of_the_clock()
    {
        for (int seed = 0; seed < 150; seed++)
        {
            new Life(seed).Run(steps: 80);
        }
    }

    private sealed class Life(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly HashSet<string> _pushed = [];
        private long _latestMs;
        private ScheduleHarness _harness = new("2026-03-28 20:00:00", log: new());

        public void Run(int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                switch (_random.Next(10))
                {
                    case 0 or 1: Set(); break;
                    case 2: Remove(); break;
                    case 3: _harness.Time.Advance(_random.Next(100_000_000)); break;
                    case 4: SetClock(_random.Next(-10_000_000, 10_000_000)); break;
                    case 5: Restart(); break;
                    default: _harness.Time.Advance(_random.Next(30_000)); break;
                }

                Tick();
            }
        }

        // Never so far back that schedules go on from there: then runs do come twice.
        private void SetClock(int byMs)
        {
            long backMs = Math.Max(byMs, _latestMs - _harness.Limits.SetBackMsMax - _harness.NowMs);
            _harness.Time.WallJumpMs += byMs < 0 ? Math.Min(0, backMs) : byMs;
        }

        private void Set()
        {
            // Set anew it begins now: also with moments that it had before, if the clock was set back.
            string name = Name();
            Forget(name);
            _harness.Set(
                name,
                Crons[_random.Next(Crons.Length)],
                Zones[_random.Next(Zones.Length)],
                body: $"{_random.Next(3)}",
                catchUp: (ScheduleCatchUp)_random.Next(2),
                isEnabled: _random.Next(8) > 0);
        }

        private void Remove()
        {
            string name = Name();
            Forget(name);
            _harness.Service.Remove(System.Text.Encoding.UTF8.GetBytes(name), out _);
        }

        private void Restart()
        {
            string[] before = _harness.Contents();
            _harness = _harness.Restart();
            Assert.True(before.SequenceEqual(_harness.Contents()), $"seed {seed}");
        }

        private void Tick()
        {
            long now = _harness.NowMs;
            _latestMs = Math.Max(_latestMs, now);
            _harness.DedupIds.Clear();
            string[] pushed = _harness.Tick();
            foreach ((string run, string dedupId) in pushed.Zip(_harness.DedupIds))
            {
                Assert.True(_pushed.Add(dedupId), $"seed {seed}: {dedupId} came twice");
                Assert.True(ScheduleHarness.Ms(run[2..]) <= now, $"seed {seed}: {run} came early");
            }

            // Of what was due longer ago than is merely late: one run of each schedule.
            IEnumerable<IGrouping<char, string>> missed = pushed
                .Where(run => now - ScheduleHarness.Ms(run[2..]) > _harness.Limits.LateMsMax)
                .GroupBy(run => run[0]);
            Assert.True(missed.All(runs => runs.Count() == 1), $"seed {seed}: {string.Join(", ", pushed)}");
            Assert.All(
                _harness.Service.List([], [], 100),
                info => Assert.True(info.NextAtMs == 0 || info.NextAtMs > now, $"seed {seed}: not planned"));
        }

        private string Name() => ((char)('a' + _random.Next(6))).ToString(CultureInfo.InvariantCulture);

        private void Forget(string name) => _pushed.RemoveWhere(run => run.Contains($"/{name}/", StringComparison.Ordinal));
    }
}
