using System.Text;
using CsCheck;
using Nexo.Engine.Topics;
using Nexo.Server.Resp;

namespace Nexo.Server.Tests.Resp;

/// <summary>Patterns, and channels as topics.</summary>
public sealed class RespGlobTests
{
    private static readonly TopicLimits Limits = new();

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("h?llo", "hello", true)]
    [InlineData("h?llo", "hllo", false)]
    [InlineData("h*llo", "heeeello", true)]
    [InlineData("h[ae]llo", "hillo", false)]
    [InlineData("h[^e]llo", "hallo", true)]
    [InlineData("h[^e]llo", "hello", false)]
    [InlineData("h[a-c]llo", "hbllo", true)]
    [InlineData("h[c-a]llo", "hbllo", true)]
    [InlineData("a\\*c", "a*c", true)]
    [InlineData("a\\*c", "abc", false)]
    [InlineData("[\\]]", "]", true)]
    [InlineData("*a*b*", "xxaxxbxx", true)]
    [InlineData("*a*b", "xxaxxbx", false)]
    [InlineData("a[", "a", false)]
    public void Patterns_match_as_in_Redis(string pattern, string text, bool matches) =>
        Assert.Equal(matches, RespGlob.Matches(Encoding.ASCII.GetBytes(pattern), Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void A_hostile_pattern_takes_no_time()
    {
        byte[] pattern = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*a", 500)) + "b");

        Assert.False(RespGlob.Matches(pattern, Encoding.ASCII.GetBytes(new string('a', 2_000))));
    }

    [Theory]
    [InlineData("news.x")]
    [InlineData("a:b:c")]
    [InlineData("a/b")]
    [InlineData("größe")]
    public void Common_channels_are_topics_as_they_are(string channel)
    {
        Assert.True(RespChannels.TryTopic(Encoding.UTF8.GetBytes(channel), Limits, out ReadOnlySpan<byte> topic));
        Assert.Equal(channel, Encoding.UTF8.GetString(topic));
    }

    [Theory]
    [InlineData("a+b", "%redis/a%2Bb")]
    [InlineData("#", "%redis/%23")]
    [InlineData("$x", "%redis/%24x")]
    [InlineData("", "%redis/")]
    [InlineData("%redis/x", "%redis/%25redis%2Fx")]
    [InlineData("$inbox/0123456789abcdef", "%redis/%24inbox%2F0123456789abcdef")]
    public void Others_have_a_topic_of_their_own(string channel, string expected)
    {
        Assert.True(RespChannels.TryTopic(Encoding.UTF8.GetBytes(channel), Limits, out ReadOnlySpan<byte> topic));
        Assert.Equal(expected, Encoding.UTF8.GetString(topic));
    }

    [Fact]
    public void Every_channel_comes_back_from_its_topic_and_is_matched_by_the_filters_of_its_patterns()
    {
        Gen<string> text = Gen.OneOf(Gen.String[Gen.Char["ab/+#$%.:"], 0, 12], Gen.String[0, 12]);
        Gen.Select(text, Gen.String[Gen.Char["ab/*?+"], 0, 6]).Sample(
            (channel, pattern) =>
            {
                byte[] bytes = Encoding.UTF8.GetBytes(channel);
                Assert.True(RespChannels.TryTopic(bytes, Limits, out ReadOnlySpan<byte> topic));
                Assert.True(TopicRules.IsTopic(topic, Limits));
                Assert.Equal(bytes, RespChannels.ChannelOf(topic).ToArray());

                byte[] glob = Encoding.UTF8.GetBytes(pattern);
                if (RespGlob.Matches(glob, bytes))
                {
                    bool isFound = false;
                    byte[] filters = RespChannels.FiltersOf(glob, Limits);
                    foreach (ReadOnlySpan<byte> filter in new TopicFilterList(filters, RespChannels.CountOf(filters)))
                    {
                        isFound |= TopicRules.Matches(filter, topic);
                    }

                    Assert.True(isFound, $"{pattern} → {channel}");
                }
            },
            iter: 20_000);
    }
}
