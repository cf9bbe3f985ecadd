using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>What MQTT 5 has beyond 3.1.1.</summary>
public sealed class MqttOptionTests
{
    [Fact]
    public async Task Properties_come_to_the_subscriber_as_they_were_published()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server);
        await using MqttUser subscriber = await MqttUser.ConnectAsync(server);
        await subscriber.SubscribeAsync("p/#", 1);
        byte[] correlation = [0, 255, 1, 254];
        string longName = new('n', 300);
        (string Name, string Value)[] properties =
            [("a", "1"), ("A", "2"), ("a", "3"), ("", "no name"), ("content-type", "mine"), ("mqtt-x", "y"), (longName, "long"), ("e", "")];
        foreach (bool retain in (bool[])[false, true])
        {
            await publisher.PublishAsync("p/1", "body", 1, retain, message =>
            {
                message.WithContentType("text/plain").WithResponseTopic("r/1").WithCorrelationData(correlation)
                    .WithPayloadFormatIndicator(MqttPayloadFormatIndicator.CharacterData).WithMessageExpiryInterval(100);
                foreach ((string name, string value) in properties)
                {
                    message.WithUserProperty(name, System.Text.Encoding.UTF8.GetBytes(value));
                }
            });
            Check(await subscriber.ReceiveAsync());
        }

        // And from what is retained.
        await using MqttUser late = await MqttUser.ConnectAsync(server);
        await late.SubscribeAsync("p/#", 1);
        Check(await late.ReceiveAsync());

        void Check(MqttApplicationMessage message)
        {
            Assert.Equal("p/1=body/1", MqttUser.TextOf(message).TrimEnd('*'));
            Assert.Equal(("text/plain", "r/1"), (message.ContentType, message.ResponseTopic));
            Assert.Equal(correlation, message.CorrelationData);
            Assert.Equal(MqttPayloadFormatIndicator.CharacterData, message.PayloadFormatIndicator);
            Assert.InRange(message.MessageExpiryInterval, 90U, 100U);
            Assert.Equal(properties, message.UserProperties.Select(one => (one.Name, one.ReadValueAsString())));
        }
    }

    [Fact]
    public async Task No_local_retain_as_published_and_retain_handling_are_kept()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser user = await MqttUser.ConnectAsync(server);
        await using MqttUser other = await MqttUser.ConnectAsync(server);
        await user.SubscribeAsync("own", 0, one => one.WithNoLocal());
        await user.SubscribeAsync("kept", 0, one => one.WithRetainAsPublished());
        await user.PublishAsync("own", "mine");
        await other.PublishAsync("own", "yours");
        await other.PublishAsync("kept", "k", 0, retain: true);
        await other.PublishAsync("kept", "not", 0);
        Assert.Equal(["own=yours/0", "kept=k/0*", "kept=not/0"], await user.ReceiveAsync(3));

        await using MqttUser picky = await MqttUser.ConnectAsync(server);
        await picky.SubscribeAsync("kept", 0, one => one.WithRetainHandling(MqttRetainHandling.DoNotSendOnSubscribe));
        await picky.SubscribeAsync("+", 0, one => one.WithRetainHandling(MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly));
        Assert.Equal(["kept=k/0*"], await picky.ReceiveAsync(1));
        await picky.SubscribeAsync("+", 0, one => one.WithRetainHandling(MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly));
        await picky.SubscribeAsync("+", 1, one => one.WithRetainHandling(MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly));
        Assert.Empty(await picky.ReceiveRestAsync());
        await picky.SubscribeAsync("+", 1, one => one.WithRetainHandling(MqttRetainHandling.SendAtSubscribe));
        Assert.Equal(["kept=k/0*"], await picky.ReceiveAsync(1));
    }

    [Fact]
    public async Task Every_subscription_that_matches_sends_its_identifier()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser user = await MqttUser.ConnectAsync(server);
        await user.SubscribeAsync("a/#", 0, identifier: 1);
        await user.SubscribeAsync("a/+", 1, identifier: 268_435_455);
        await user.SubscribeAsync("a/b", 1);
        await user.PublishAsync("a/b", "x", 1);
        List<string> received = [];
        for (int i = 0; i < 3; i++)
        {
            MqttApplicationMessage message = await user.ReceiveAsync();
            received.Add($"{MqttUser.TextOf(message)} {string.Join(',', message.SubscriptionIdentifiers ?? [])}");
        }

        Assert.Equal(["a/b=x/0 1", "a/b=x/1 ", "a/b=x/1 268435455"], received.Order());
    }

    [Fact]
    public async Task A_shared_subscription_gives_each_message_to_one_member()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server);
        await using MqttUser first = await MqttUser.ConnectAsync(server);
        await using MqttUser second = await MqttUser.ConnectAsync(server);
        await using MqttUser whole = await MqttUser.ConnectAsync(server);
        await first.SubscribeAsync("$share/g/s/#", 1);
        await second.SubscribeAsync("$share/g/s/#", 2);
        await whole.SubscribeAsync("s/#", 1);
        for (int i = 0; i < 200; i++)
        {
            await publisher.PublishAsync("s/x", $"{i}", 2);
        }

        List<string> all = await whole.ReceiveAsync(200);
        List<string> one = await first.ReceiveRestAsync();
        List<string> two = await second.ReceiveRestAsync();
        Assert.Equal(200, one.Count + two.Count);
        Assert.InRange(one.Count, 20, 180);
        Assert.All(one, message => Assert.EndsWith("/1", message, StringComparison.Ordinal));
        Assert.All(two, message => Assert.EndsWith("/2", message, StringComparison.Ordinal));
        Assert.Equal(all.Select(message => message[..^2]).Order(), one.Concat(two).Select(message => message[..^2]).Order());
    }

    [Fact]
    public async Task Topic_aliases_of_a_client_are_taken()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server);
        Assert.Equal(64, publisher.Welcome.TopicAliasMaximum);
        await using MqttUser subscriber = await MqttUser.ConnectAsync(server);
        await subscriber.SubscribeAsync("#", 1);
        for (int i = 0; i < 6; i++)
        {
            int alias = (i % 3) + 1;
            await publisher.PublishAsync(i < 3 ? $"topic/{alias}" : string.Empty, $"{i}", i % 2, change: one => one.WithTopicAlias((ushort)alias));
        }

        Assert.Equal(
            ["topic/1=0/0", "topic/2=1/1", "topic/3=2/0", "topic/1=3/1", "topic/2=4/0", "topic/3=5/1"],
            (await subscriber.ReceiveAsync(6)).OrderBy(one => one[8..]));
    }

    [Fact]
    public async Task A_packet_larger_than_the_client_takes_is_left_out()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server);
        await using MqttUser subscriber = await MqttUser.ConnectAsync(server, change: o => o.WithMaximumPacketSize(200));
        await subscriber.SubscribeAsync("#", 1);
        await publisher.PublishAsync("a", new string('x', 1_000), 1);
        await publisher.PublishAsync("a", new string('x', 1_000), 0);
        await publisher.PublishAsync("a", "small", 1);
        Assert.Equal(["a=small/1"], await subscriber.ReceiveAsync(1));
    }

    [Fact]
    public async Task What_has_expired_is_not_retained_any_more()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser user = await MqttUser.ConnectAsync(server);
        await user.PublishAsync("e/short", "x", 1, retain: true, message => message.WithMessageExpiryInterval(1));
        await user.PublishAsync("e/long", "x", 1, retain: true, message => message.WithMessageExpiryInterval(1_000));
        await Poll.UntilAsync(() => server.Native.Topics.Stats.Retained == 1);
        await user.SubscribeAsync("e/#", 1);
        MqttApplicationMessage left = await user.ReceiveAsync();
        Assert.Equal("e/long=x/1*", MqttUser.TextOf(left));
        Assert.InRange(left.MessageExpiryInterval, 900U, 1_000U);
        Assert.Empty(await user.ReceiveRestAsync());
    }

    [Fact]
    public async Task The_server_may_shorten_the_keep_alive()
    {
        await using TestServer server = await TestServer.StartAsync(options =>
        {
            options = MqttUser.WithMqtt(options);
            return options with { Mqtt = options.Mqtt with { KeepAliveMaxSeconds = 10 } };
        });
        await using MqttUser user = await MqttUser.ConnectAsync(server, change: o => o.WithKeepAlivePeriod(TimeSpan.FromSeconds(600)));
        Assert.Equal(10, user.Welcome.ServerKeepAlive);
        await using MqttUser quick = await MqttUser.ConnectAsync(server, change: o => o.WithKeepAlivePeriod(TimeSpan.FromSeconds(5)));
        Assert.Equal(0, quick.Welcome.ServerKeepAlive);
    }
}
