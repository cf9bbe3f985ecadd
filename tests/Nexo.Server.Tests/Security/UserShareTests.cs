using Nexo.Server.Security;

namespace Nexo.Server.Tests.Security;

public sealed class UserShareTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void However_much_was_asked_for_in_one_piece_nobody_is_held_for_long()
    {
        var share = new UserShare(_time);
        Assert.Equal(30, share.Pay(10_000_000, 1_000).TotalSeconds, 3);
        Assert.Equal(30, share.Pay(10_000_000, 1_000).TotalSeconds, 3);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, share.Pay(0, 1_000).TotalSeconds, 3);
    }

    [Fact]
    public void What_is_over_a_second_of_requests_is_waited_for()
    {
        var share = new UserShare(_time);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.Zero, share.Pay(100, 100));
        Assert.Equal(0.5, share.Pay(50, 100).TotalSeconds, 3);
    }
}
