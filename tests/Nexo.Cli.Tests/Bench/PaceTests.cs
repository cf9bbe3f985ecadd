using CsCheck;
using Nexo.Cli.Bench;
using Xunit;

namespace Nexo.Cli.Tests.Bench;

public sealed class PaceTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Batches_are_due_at_the_rate_however_rarely_one_looks() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 500], Gen.Long[1, Second].Array[1, 20]).Sample((connections, rate, looks) =>
        {
            const long StartsAt = 5 * Second;
            var pace = new Pace(StartsAt, rate, connections);
            long now = StartsAt;
            long released = 0;
            long[] perConnection = new long[connections];
            foreach (long pause in looks)
            {
                now += pause;
                while (pace.TryRelease(now, out int connection))
                {
                    Assert.Equal(released % connections, connection);
                    Assert.InRange(pace.DueAt(perConnection[connection], connection), StartsAt, now);
                    perConnection[connection]++;
                    released++;
                }

                Assert.True(pace.NextAt > now);
            }

            double expected = (double)(now - StartsAt) / Second * rate;
            Assert.InRange(released, expected - 1, expected + 1.01);
        });
}
