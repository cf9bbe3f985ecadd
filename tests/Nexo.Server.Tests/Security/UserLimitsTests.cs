using Nexo.Server.Security;
using Nexo.Server.Settings;

namespace Nexo.Server.Tests.Security;

public sealed class UserLimitsTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData("connections=10 rate=1000 in-flight-bytes=16mb", "connections=10 rate=1000 in-flight-bytes=16mb")]
    [InlineData("  rate=5 ", "rate=5")]
    [InlineData("rate=5 rate=0", "")]
    [InlineData("", "")]
    public void Limits_read_back_as_they_are_written(string text, string expected)
    {
        Assert.True(UserLimits.TryParse(text, out UserLimits? limits, out _));
        Assert.Equal(expected, limits.ToString());
        Assert.Equal(expected.Length == 0, limits.IsNone);
    }

    [Theory]
    [InlineData("rate=-1", "rate is a number")]
    [InlineData("connections=many", "connections is a number")]
    [InlineData("in-flight-bytes=1.5mb", "in-flight-bytes is a size")]
    [InlineData("speed=1", "'speed' is no limit")]
    [InlineData("rate", "rate is a number")]
    public void What_is_no_limit_is_refused_with_what_would_be(string text, string reason)
    {
        Assert.False(UserLimits.TryParse(text, out _, out string? said));
        Assert.StartsWith(reason, said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_of_users_keeps_limits_and_refuses_unknown_ones_with_the_line()
    {
        var ada = new UserEntry("ada") { Limits = new UserLimits(2, 0, 4_096) };
        byte[] written = UsersWriter.Write([ada]);
        Assert.Equal(ada.Limits, UsersReader.Read(written, "users.json").Single().Limits);
        foreach (string wrong in new[] { "\"speed\": 1", "\"rate\": -1", "\"rate\": 1.5", "\"rate\": \"5\"", "\"rate\": 1, \"rate\": 2" })
        {
            string text = $"{{\"version\": 1,\n\"users\": [ {{ \"name\": \"ada\",\n\"limits\": {{ {wrong} }}, \"rules\": [] }} ] }}";
            UsersFileException fault = Assert.Throws<UsersFileException>(
                () => { UsersReader.Read(System.Text.Encoding.UTF8.GetBytes(text), "users.json"); });
            Assert.Contains("line 3", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Settings_limit_users_of_the_settings_and_nobody_else()
    {
        Assert.True(LimitLists.TryParse("token: rate=5, ada: connections=1", out IReadOnlyList<LimitedUser> limits, out _));
        Assert.Equal("token: rate=5, ada: connections=1", LimitLists.Print(limits));
        Assert.False(LimitLists.TryParse("ada: rate=5, ada: rate=6", out _, out string? twice));
        Assert.Contains("twice", twice, StringComparison.Ordinal);
        Assert.False(LimitLists.TryParse("rate=5", out _, out _));

        var options = new SecurityOptions { Token = TokenHash.Of("secret"), Limits = [limits[0]] };
        UserSet users = UserSet.TryMake(options, null, out _)!;
        Assert.True(users.TryFind("token", out KnownUser? token));
        Assert.Equal(5, token.Limits.RequestsPerSecond);
        Assert.Null(UserSet.TryMake(options with { Limits = limits }, null, out string? problem));
        Assert.Contains("'ada'", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_was_silent_may_ask_for_a_second_at_once_and_pays_for_what_is_beyond()
    {
        var share = new UserShare(_time);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.Zero, share.Pay(100, perSecond: 100));
        Assert.Equal(TimeSpan.FromSeconds(2), share.Pay(200, perSecond: 100));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), share.Pay(0, perSecond: 100));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.Zero, share.Pay(100, perSecond: 100));
    }

    [Fact]
    public void A_request_that_is_refused_costs_nothing()
    {
        var share = new UserShare(_time);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(share.TryTake(2, out _));
        Assert.True(share.TryTake(2, out _));
        for (int i = 0; i < 100; i++)
        {
            Assert.False(share.TryTake(2, out TimeSpan wait));
            Assert.Equal(TimeSpan.FromSeconds(0.5), wait);
        }

        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.True(share.TryTake(2, out _));
    }

    [Fact]
    public void Many_at_once_never_get_more_connections_or_requests_than_there_are()
    {
        var share = new UserShare(_time);
        _time.Advance(TimeSpan.FromMinutes(1));
        int connected = 0;
        int taken = 0;
        Parallel.For(0, 64, _ =>
        {
            for (int i = 0; i < 100; i++)
            {
                Interlocked.Add(ref connected, share.TryConnect(10) ? 1 : 0);
                Interlocked.Add(ref taken, share.TryTake(50, out TimeSpan _) ? 1 : 0);
            }
        });

        Assert.Equal((10, 10, 50), (connected, share.Connections, taken));
        share.Disconnect();
        Assert.True(share.TryConnect(10));
        Assert.True(share.TryConnect(0));
    }
}
