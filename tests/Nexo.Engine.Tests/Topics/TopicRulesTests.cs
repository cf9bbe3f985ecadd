using System.Text;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

public sealed class TopicRulesTests
{
    private const string Inbox = "$inbox/0123456789abcdef";

    [Theory]
    [InlineData("a", true)]
    [InlineData("a/b/c", true)]
    [InlineData("/", true)]
    [InlineData("/a", true)]
    [InlineData("a//b", true)]
    [InlineData("a/", true)]
    [InlineData(" a b ", true)]
    [InlineData("é/中/🙂", true)]
    [InlineData("a$/b", true)]
    [InlineData(Inbox, true)]
    [InlineData(Inbox + "/reply/7", true)]
    [InlineData("", false)]
    [InlineData("a/+", false)]
    [InlineData("+", false)]
    [InlineData("a/#", false)]
    [InlineData("#", false)]
    [InlineData("a+", false)]
    [InlineData("a\0b", false)]
    [InlineData("$SYS/x", false)]
    [InlineData("$", false)]
    [InlineData("$share/g/a", false)]
    [InlineData("$inbox", false)]
    [InlineData("$inbox/", false)]
    [InlineData("$inbox/0123456789abcde", false)]
    [InlineData("$inbox/short/0123456789abcdef", false)]
    public void A_topic_is_what_MQTT_says_and_of_the_servers_own_an_inbox(string topic, bool valid)
    {
        Assert.Equal(valid, TopicRules.IsTopic(Encoding.UTF8.GetBytes(topic), new TopicLimits()));
        using var harness = new TopicHarness();
        Assert.Equal(valid ? TopicStatus.Ok : TopicStatus.TopicInvalid, harness.Publish(topic, "x", out _));

        // The same when it is remembered, and when somebody is subscribed to all.
        harness.Subscribe(new SinkDouble(), "#");
        Assert.Equal(valid ? TopicStatus.Ok : TopicStatus.TopicInvalid, harness.Publish(topic, "x", out _));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("+", true)]
    [InlineData("#", true)]
    [InlineData("a/+/b", true)]
    [InlineData("+/+", true)]
    [InlineData("/+", true)]
    [InlineData("a//#", true)]
    [InlineData("//", true)]
    [InlineData("$SYS/#", true)]
    [InlineData("$x", true)]
    [InlineData("$share/g/a", true)]
    [InlineData("$share/g/#", true)]
    [InlineData("$share/g//", true)]
    [InlineData("$share/g/$SYS/+", true)]
    [InlineData(Inbox, true)]
    [InlineData(Inbox + "/#", true)]
    [InlineData("$share/g/" + Inbox + "/+", true)]
    [InlineData("", false)]
    [InlineData("a+", false)]
    [InlineData("+a", false)]
    [InlineData("++", false)]
    [InlineData("a/b+/c", false)]
    [InlineData("#/a", false)]
    [InlineData("a#", false)]
    [InlineData("##", false)]
    [InlineData("a/#/", false)]
    [InlineData("a\0", false)]
    [InlineData("$share", false)]
    [InlineData("$share/", false)]
    [InlineData("$share/g", false)]
    [InlineData("$share/g/", false)]
    [InlineData("$share//a", false)]
    [InlineData("$share/+/a", false)]
    [InlineData("$share/g#/a", false)]
    [InlineData("$share/#", false)]
    [InlineData("$share/g/$share/h/a", false)]
    [InlineData("$share/g/a+", false)]
    [InlineData("$inbox", false)]
    [InlineData("$inbox/#", false)]
    [InlineData("$inbox/+", false)]
    [InlineData("$inbox/+/0123456789abcdef", false)]
    [InlineData("$inbox/0123456789abcde", false)]
    [InlineData("$share/g/$inbox/#", false)]
    public void A_filter_is_what_MQTT_says_and_no_wildcard_finds_an_inbox(string filter, bool valid)
    {
        Assert.Equal(valid, TopicRules.IsFilter(Encoding.UTF8.GetBytes(filter), new TopicLimits()));
        using var harness = new TopicHarness();
        TopicStatus status = harness.TrySubscribe(
            new SinkDouble(), new TopicSubscribeOptions { Owner = harness.Owner }, out TopicSubscriber? subscriber, "ok", filter);
        Assert.Equal((valid ? TopicStatus.Ok : TopicStatus.FilterInvalid, valid), (status, subscriber != null));
        subscriber?.Dispose();
        Assert.Equal(0, harness.Owner.Filters);
        harness.CheckEmpty();
    }

    [Fact]
    public void What_is_not_UTF_8_is_no_topic_and_no_filter()
    {
        var limits = new TopicLimits();
        foreach (byte[] bytes in (byte[][])[[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [(byte)'a', 0xE2, 0x82], [0xF4, 0x90, 0x80, 0x80]])
        {
            Assert.False(TopicRules.IsTopic(bytes, limits));
            Assert.False(TopicRules.IsFilter(bytes, limits));
            Assert.False(TopicRules.IsFilter([.. "$share/"u8, .. bytes, .. "/a"u8], limits));
        }
    }

    [Fact]
    public void Lengths_and_levels_have_their_bounds()
    {
        var limits = new TopicLimits { TopicBytesMax = 100, LevelsMax = 4 };
        Assert.True(Both(new string('a', 100)));
        Assert.False(Both(new string('a', 101)));
        Assert.False(Both(new string('é', 51)));
        Assert.True(Both("a/b/c/d"));
        Assert.False(Both("a/b/c/d/"));

        // A share is not a part of the filter.
        Assert.True(TopicRules.IsFilter(Encoding.UTF8.GetBytes("$share/group/a/b/c/#"), limits));
        Assert.False(TopicRules.IsFilter(Encoding.UTF8.GetBytes("$share/group/a/b/c/d/#"), limits));

        bool Both(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            Assert.Equal(TopicRules.IsTopic(bytes, limits), TopicRules.IsFilter(bytes, limits));
            return TopicRules.IsTopic(bytes, limits);
        }
    }

    [Fact]
    public void A_topic_of_65400_slashes_is_refused_or_with_such_limits_matched_without_recursion()
    {
        byte[] slashes = [.. Enumerable.Repeat((byte)'/', 65_400)];
        Assert.False(TopicRules.IsTopic(slashes, new TopicLimits()));
        Assert.False(TopicRules.IsTopic(slashes, new TopicLimits { TopicBytesMax = 65_535 }));

        using var harness = new TopicHarness(new TopicLimits { TopicBytesMax = 65_535, LevelsMax = 65_535 });
        string topic = Encoding.UTF8.GetString(slashes);
        var sink = new SinkDouble();
        TopicSubscriber subscriber = harness.Subscribe(sink, topic, topic + "/#", topic[1..] + "+", "+/#", "a/#");
        Assert.Equal(1, harness.Send(topic, "x").Receivers);
        Assert.Single(sink.All);
        subscriber.Dispose();
        harness.CheckEmpty();
    }

    [Fact]
    public void A_bound_that_the_engine_cannot_keep_is_refused()
    {
        foreach (TopicLimits limits in (TopicLimits[])
            [new() { CachedMax = 0 }, new() { FanOutMax = 0 }, new() { TopicBytesMax = 65_536 }, new() { LevelsMax = 0 }])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new TopicHarness(limits));
        }
    }

    [Theory]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/#", "ab", false)]
    [InlineData("a/+", "a", false)]
    [InlineData("a/+", "a/", true)]
    [InlineData("a/+/#", "a", false)]
    [InlineData("a/+/#", "a/b", true)]
    [InlineData("+", "a", true)]
    [InlineData("+", "/a", false)]
    [InlineData("+/+", "/a", true)]
    [InlineData("/+", "/a", true)]
    [InlineData("+/b/#", "a/b", true)]
    [InlineData("a//b", "a//b", true)]
    [InlineData("a/+/b", "a//b", true)]
    [InlineData("a/b", "a//b", false)]
    [InlineData("#", "a", true)]
    [InlineData("#", "/", true)]
    [InlineData("#", Inbox, false)]
    [InlineData("+/0123456789abcdef", Inbox, false)]
    [InlineData(Inbox + "/#", Inbox, true)]
    [InlineData(Inbox + "/+", Inbox + "/x", true)]
    public void A_filter_matches_what_MQTT_says(string filter, string topic, bool matches)
    {
        Assert.Equal(matches, TopicRules.Matches(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(topic)));
        Assert.Equal(matches, NaiveTopics.Matches(filter, topic));
        using var harness = new TopicHarness();
        harness.Subscribe(new SinkDouble(), filter);
        Assert.Equal(matches ? 1 : 0, harness.Send(topic, "x").Receivers);
    }
}
