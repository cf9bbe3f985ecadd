using MQTTnet;
using MQTTnet.Formatter;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>Publish and subscribe with an unmodified client, in both versions.</summary>
public sealed class MqttPublishTests
{
    public static TheoryData<MqttProtocolVersion, int, int> VersionsAndQualities()
    {
        var data = new TheoryData<MqttProtocolVersion, int, int>();
        foreach (MqttProtocolVersion version in (MqttProtocolVersion[])[MqttProtocolVersion.V311, MqttProtocolVersion.V500])
        {
            for (int i = 0; i < 9; i++)
            {
                data.Add(version, i / 3, i % 3);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(VersionsAndQualities))]
    public async Task Messages_come_in_their_order_with_the_lesser_quality(MqttProtocolVersion version, int published, int subscribed)
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server, version);
        await using MqttUser subscriber = await MqttUser.ConnectAsync(server, version);
        MqttClientSubscribeResult granted = await subscriber.SubscribeAsync("a/+/c", subscribed);
        Assert.Equal(subscribed, (int)granted.Items.Single().ResultCode);
        int quality = Math.Min(published, subscribed);
        for (int i = 0; i < 100; i++)
        {
            MqttClientPublishResult result = await publisher.PublishAsync($"a/{i}/c", $"{i}", published);
            Assert.True(result.IsSuccess);
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"a/{i}/c={i}/{quality}"), await subscriber.ReceiveAsync(100));
        Assert.Empty(await subscriber.ReceiveRestAsync());
        await Poll.UntilAsync(() => server.Native.Topics.Stats.Dropped == 0);
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task Many_messages_of_every_quality_arrive_once_each(MqttProtocolVersion version)
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server, version);
        await using MqttUser subscriber = await MqttUser.ConnectAsync(server, version, options =>
        {
            if (version == MqttProtocolVersion.V500)
            {
                options.WithReceiveMaximum(7);
            }
        });
        await subscriber.SubscribeAsync("#", 2);
        List<Task<MqttClientPublishResult>> sent = [];
        for (int i = 0; i < 3_000; i++)
        {
            sent.Add(publisher.PublishAsync($"t/{i % 3}", $"{i}", i % 3));
        }

        await Task.WhenAll(sent);
        List<string> received = await subscriber.ReceiveAsync(3_000);
        for (int quality = 0; quality < 3; quality++)
        {
            IEnumerable<string> expected = Enumerable.Range(0, 3_000).Where(i => i % 3 == quality).Select(i => $"t/{quality}={i}/{quality}");
            Assert.Equal(expected.Order(), received.Where(one => one.EndsWith($"/{quality}", StringComparison.Ordinal)).Order());
        }
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task What_is_retained_comes_marked_with_its_quality_and_goes_with_an_empty_message(MqttProtocolVersion version)
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server, version);
        for (int quality = 0; quality < 3; quality++)
        {
            await publisher.PublishAsync($"r/{quality}", $"{quality}", quality, retain: true);
        }

        await using MqttUser subscriber = await MqttUser.ConnectAsync(server, version);
        await subscriber.SubscribeAsync("r/#", 2);
        Assert.Equal(["r/0=0/0*", "r/1=1/1*", "r/2=2/2*"], await subscriber.ReceiveAsync(3));
        await subscriber.SubscribeAsync("r/#", 2);
        Assert.Equal(["r/0=0/0*", "r/1=1/1*", "r/2=2/2*"], await subscriber.ReceiveAsync(3));
        await subscriber.SubscribeAsync("r/#", 1);
        Assert.Equal(["r/0=0/0*", "r/1=1/1*", "r/2=2/1*"], await subscriber.ReceiveAsync(3));
        await publisher.PublishAsync("r/1", "new", 1, retain: true);
        Assert.Equal(["r/1=new/1"], await subscriber.ReceiveAsync(1));
        await publisher.PublishAsync("r/1", string.Empty, 1, retain: true);
        Assert.Equal(["r/1=/1"], await subscriber.ReceiveAsync(1));
        await using MqttUser late = await MqttUser.ConnectAsync(server, version);
        await late.SubscribeAsync("r/+", 0);
        Assert.Equal(["r/0=0/0*", "r/2=2/0*"], await late.ReceiveAsync(2));
        Assert.Empty(await late.ReceiveRestAsync());
    }

    [Fact]
    public async Task Thousands_of_retained_messages_come_with_a_small_receive_maximum()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server);
        List<Task> sent = [];
        for (int i = 0; i < 3_000; i++)
        {
            sent.Add(publisher.PublishAsync($"r/{i:D4}", new string('x', 200), 1, retain: true));
        }

        await Task.WhenAll(sent);
        await using MqttUser subscriber = await MqttUser.ConnectAsync(server, change: o => o.WithReceiveMaximum(3));
        await subscriber.SubscribeAsync("r/#", 1);
        List<string> received = await subscriber.ReceiveAsync(3_000);
        Assert.Equal(Enumerable.Range(0, 3_000).Select(i => $"r/{i:D4}"), received.Select(one => one[..6]));
    }

    [Fact]
    public async Task Unsubscribed_and_unknown_filters_are_told_apart()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser user = await MqttUser.ConnectAsync(server);
        await user.SubscribeAsync("a/#", 1);
        await user.SubscribeAsync("b", 1);
        MqttClientUnsubscribeOptions options = new MqttClientUnsubscribeOptionsBuilder()
            .WithTopicFilter("a/#").WithTopicFilter("c").Build();
        MqttClientUnsubscribeResult result = await user.Client.UnsubscribeAsync(options);
        Assert.Equal(
            [MqttClientUnsubscribeResultCode.Success, MqttClientUnsubscribeResultCode.NoSubscriptionExisted],
            result.Items.Select(item => item.ResultCode));
        Assert.Equal(
            MqttClientPublishReasonCode.NoMatchingSubscribers, (await user.PublishAsync("a/1", "x", 1)).ReasonCode);
        await user.PublishAsync("b", "y", 1);
        Assert.Equal(["b=y/1"], await user.ReceiveAsync(1));
    }

    [Fact]
    public async Task Filters_and_topics_that_break_a_rule_are_refused_with_their_reason()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser user = await MqttUser.ConnectAsync(server);
        Assert.Equal(MqttClientSubscribeResultCode.TopicFilterInvalid, (await user.SubscribeAsync("a/b#")).Items.Single().ResultCode);
        Assert.Equal(MqttClientSubscribeResultCode.TopicFilterInvalid, (await user.SubscribeAsync("$share//a")).Items.Single().ResultCode);
        Assert.Equal(MqttClientPublishReasonCode.TopicNameInvalid, (await user.PublishAsync("$SYS/x", "x", 1)).ReasonCode);
        Assert.False((await user.PublishAsync("$SYS/x", "x", 2)).IsSuccess);
        await user.PublishAsync("$SYS/x", "x");
        await using MqttUser older = await MqttUser.ConnectAsync(server, MqttProtocolVersion.V311);
        Assert.Equal(MqttClientSubscribeResultCode.UnspecifiedError, (await older.SubscribeAsync("a/b#")).Items.Single().ResultCode);
        Assert.True((await older.PublishAsync("$SYS/x", "x", 1)).IsSuccess);
        Assert.Empty(await older.ReceiveRestAsync());
    }

    [Fact]
    public async Task A_large_message_comes_whole_to_all()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server);
        await using MqttUser first = await MqttUser.ConnectAsync(server);
        await using MqttUser second = await MqttUser.ConnectAsync(server, MqttProtocolVersion.V311);
        await first.SubscribeAsync("big", 0);
        await second.SubscribeAsync("big", 1);
        string body = string.Concat(Enumerable.Range(0, 500_000).Select(i => (char)('a' + (i % 26))));
        await publisher.PublishAsync("big", body, 1);
        await publisher.PublishAsync("big", body, 2);
        foreach (MqttUser user in (MqttUser[])[first, first, second, second])
        {
            Assert.Equal(body, MqttUser.BodyOf(await user.ReceiveAsync()));
        }
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task A_client_without_an_identifier_gets_one(MqttProtocolVersion version)
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser first = await MqttUser.ConnectAsync(server, version, o => o.WithClientId(string.Empty));
        await using MqttUser second = await MqttUser.ConnectAsync(server, version, o => o.WithClientId(string.Empty));
        Assert.True(first.Client.IsConnected && second.Client.IsConnected);
        if (version == MqttProtocolVersion.V500)
        {
            Assert.StartsWith("nexo-", first.Welcome.AssignedClientIdentifier, StringComparison.Ordinal);
            Assert.NotEqual(first.Welcome.AssignedClientIdentifier, second.Welcome.AssignedClientIdentifier);
        }
    }
}
