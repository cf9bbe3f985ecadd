using Nexo.Cli.Streams;
using Nexo.Client;
using Xunit;

namespace Nexo.Cli.Tests.Streams;

public sealed class PlaceTextTests
{
    private static readonly DateTimeOffset Now = new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_place_is_an_offset_a_word_or_a_moment()
    {
        Assert.Equal(StreamFrom.Beginning, Place("beginning"));
        Assert.Equal(StreamFrom.End, Place("end"));
        Assert.Equal(StreamFrom.Offset(0), Place("0"));
        Assert.Equal(StreamFrom.Offset(ulong.MaxValue), Place("18446744073709551615"));
        Assert.Equal(StreamFrom.Time(Now), Place("2031-01-01"));
        Assert.Equal(StreamFrom.Time(Now.AddMinutes(-1)), Place("2030-12-31T23:59:00Z"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("18446744073709551616")]
    [InlineData("start")]
    [InlineData("10m")]
    [InlineData("End")]
    public void Anything_else_is_no_place(string text) => Assert.False(PlaceText.TryParse(text, out _));

    [Fact]
    public void Since_is_so_long_before_now_or_a_moment()
    {
        Assert.Equal(Now.AddMinutes(-10), Since("10m"));
        Assert.Equal(Now.AddHours(-1.5), Since("1h30m"));
        Assert.Equal(Now.AddDays(-1), Since("2030-12-31"));
        Assert.Equal(DateTimeOffset.UnixEpoch, Since("100000d"));
    }

    [Theory]
    [InlineData("10")]
    [InlineData("-10m")]
    [InlineData("yesterday")]
    [InlineData("")]
    public void A_bare_number_is_no_time(string text) => Assert.False(PlaceText.TryParseSince(text, Now, out _));

    private static StreamFrom Place(string text)
    {
        Assert.True(PlaceText.TryParse(text, out StreamFrom place));
        return place;
    }

    private static DateTimeOffset Since(string text)
    {
        Assert.True(PlaceText.TryParseSince(text, Now, out DateTimeOffset since));
        return since;
    }
}
