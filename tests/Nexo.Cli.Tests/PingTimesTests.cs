using Xunit;

namespace Nexo.Cli.Tests;

public sealed class PingTimesTests
{
    [Fact]
    public void Smallest_largest_mean_and_deviation_are_those_of_the_times()
    {
        var times = new PingTimes();
        foreach (int milliseconds in new[] { 2, 4, 4, 4, 5, 5, 7, 9 })
        {
            times.Add(TimeSpan.FromMilliseconds(milliseconds));
        }

        Assert.Equal(2, times.Min.TotalMilliseconds);
        Assert.Equal(9, times.Max.TotalMilliseconds);
        Assert.Equal(5, times.Mean.TotalMilliseconds);
        Assert.Equal(2, times.Deviation.TotalMilliseconds);
    }
}
