using CsCheck;
using Nexo.Cli.Terminal;
using Xunit;

namespace Nexo.Cli.Tests.Terminal;

public sealed class TextTests
{
    [Theory]
    [InlineData("1500ms", 1_500)]
    [InlineData("30s", 30_000)]
    [InlineData("5m", 300_000)]
    [InlineData("12h", 43_200_000)]
    [InlineData("2d", 172_800_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("0s", 0)]
    public void Durations_are_read_with_their_unit(string text, long milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out TimeSpan duration));
        Assert.Equal(milliseconds, (long)duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5x")]
    [InlineData("5sm")]
    [InlineData("1.5ms")]
    [InlineData("1..5s")]
    [InlineData("99999999999999999999999999999999999999d")]
    [InlineData("9223372036854775807d")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Fact]
    public void No_text_makes_the_readers_throw() =>
        Gen.String.Sample(text =>
        {
            _ = DurationText.TryParse(text, out _);
            _ = MomentText.TryParse(text, out _);
            _ = EscapedText.TryUnescape(text, out _);
        });

    [Theory]
    [InlineData(0, "0ms")]
    [InlineData(850, "850ms")]
    [InlineData(299_123, "4m 59s")]
    [InlineData(3_600_000, "1h")]
    [InlineData(3_601_000, "1h")]
    [InlineData(183_600_000, "2d 3h")]
    public void Durations_are_shown_in_their_two_largest_units(long milliseconds, string text) =>
        Assert.Equal(text, DurationText.Format(TimeSpan.FromMilliseconds(milliseconds)));

    [Theory]
    [InlineData("2030-12-31T23:59:59Z", 1_924_991_999_000)]
    [InlineData("2030-12-31T23:59:59", 1_924_991_999_000)]
    [InlineData("2030-12-31 23:59:59.5+01:00", 1_924_988_399_500)]
    [InlineData("2030-12-31", 1_924_905_600_000)]
    [InlineData("1924991999000", 1_924_991_999_000)]
    public void Moments_are_iso_8601_or_unix_milliseconds(string text, long unixMs)
    {
        Assert.True(MomentText.TryParse(text, out DateTimeOffset moment));
        Assert.Equal(unixMs, moment.ToUnixTimeMilliseconds());
    }

    [Theory]
    [InlineData("tomorrow")]
    [InlineData("2030-13-01")]
    [InlineData("9223372036854775807")]
    public void What_is_no_moment_is_refused(string text) => Assert.False(MomentText.TryParse(text, out _));

    [Fact]
    public void Any_bytes_survive_being_escaped_and_unescaped() =>
        Gen.Byte.Array.Sample(bytes =>
        {
            string text = EscapedText.Escape(bytes);
            Assert.DoesNotContain(text, char.IsControl);
            Assert.True(EscapedText.TryUnescape(text, out byte[] back));
            Assert.Equal(bytes, back);
        });

    [Theory]
    [InlineData(@"end\")]
    [InlineData(@"\q")]
    [InlineData(@"\x1")]
    [InlineData(@"\xzz")]
    public void A_backslash_that_begins_no_escape_is_refused(string text) =>
        Assert.False(EscapedText.TryUnescape(text, out _));

    [Theory]
    [InlineData("gte", "get")]
    [InlineData("scna", "scan")]
    [InlineData("hgeta", "hgetall")]
    [InlineData("xyzzy", null)]
    public void The_word_that_was_probably_meant_is_found(string word, string? meant) =>
        Assert.Equal(meant, UsageCheck.Closest(word, ["get", "scan", "hgetall", "watch"]));
}
