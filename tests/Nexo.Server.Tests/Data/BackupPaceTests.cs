using Nexo.Server.Data;

namespace Nexo.Server.Tests.Data;

/// <summary>When a client that takes a backup is too slow.</summary>
public sealed class BackupPaceTests
{
    [Fact]
    public void A_client_that_takes_a_little_every_now_and_then_is_too_slow_after_a_minute_of_waiting()
    {
        var pace = new BackupPace();
        pace.OnTaken(64 * 1_024);

        Assert.True(pace.OnWaited(TimeSpan.FromSeconds(59)));
        Assert.Equal(TimeSpan.FromSeconds(1), pace.Left);
        pace.OnTaken(64 * 1_024);
        Assert.False(pace.OnWaited(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void A_client_that_takes_enough_is_waited_for_again_and_again()
    {
        var pace = new BackupPace();
        for (int i = 0; i < 600; i++)
        {
            pace.OnTaken(64 * 1_024);
            Assert.True(pace.OnWaited(TimeSpan.FromSeconds(1)));
        }

        Assert.True(pace.OnWaited(TimeSpan.FromSeconds(59)));
        Assert.False(pace.OnWaited(TimeSpan.FromSeconds(1)));
    }
}
