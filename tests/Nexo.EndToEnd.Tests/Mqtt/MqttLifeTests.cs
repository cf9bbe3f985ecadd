using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>How connections begin and end: takeover, wills, credentials.</summary>
public sealed class MqttLifeTests
{
    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task A_client_that_comes_again_ends_its_old_connection(MqttProtocolVersion version)
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser first = await MqttUser.ConnectAsync(server, version, o => o.WithClientId("same"));
        await first.SubscribeAsync("a");
        await using MqttUser second = await MqttUser.ConnectAsync(server, version, o => o.WithClientId("same"));
        MqttClientDisconnectedEventArgs ended = await first.Ended;
        if (version == MqttProtocolVersion.V500)
        {
            Assert.Equal(MqttClientDisconnectReason.SessionTakenOver, ended.Reason);
        }

        Assert.Equal(0, server.Native.Topics.Stats.Subscriptions);
        await second.SubscribeAsync("a");
        await second.PublishAsync("a", "x", 1);
        Assert.Equal(["a=x/0"], await second.ReceiveAsync(1));
    }

    [Fact]
    public async Task A_lost_client_leaves_its_will_and_one_that_goes_does_not()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser watcher = await MqttUser.ConnectAsync(server);
        await watcher.SubscribeAsync("will/#", 2);
        await using (MqttUser leaving = await ConnectWithWillAsync(server, "will/1"))
        {
        }

        MqttUser lost = await ConnectWithWillAsync(server, "will/2");
        lost.Client.Dispose();
        Assert.Equal(["will/2=gone/1"], await watcher.ReceiveAsync(1));
        MqttUser asking = await ConnectWithWillAsync(server, "will/3");
        await asking.Client.DisconnectAsync(new MqttClientDisconnectOptionsBuilder()
            .WithReason(MqttClientDisconnectOptionsReason.DisconnectWithWillMessage).Build());
        Assert.Equal(["will/3=gone/1"], await watcher.ReceiveAsync(1));
        await using MqttUser taken = await ConnectWithWillAsync(server, "will/4", "same");
        await using MqttUser taking = await ConnectWithWillAsync(server, "will/5", "same");
        Assert.Equal(["will/4=gone/1"], await watcher.ReceiveAsync(1));
        Assert.Empty(await watcher.ReceiveRestAsync());
    }

    [Fact]
    public async Task A_will_is_retained_if_it_is_to_be()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        MqttUser lost = await MqttUser.ConnectAsync(server, MqttProtocolVersion.V311, o => o
            .WithWillTopic("status/1").WithWillPayload("offline").WithWillRetain().WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.ExactlyOnce));
        lost.Client.Dispose();
        await Poll.UntilAsync(() => server.Native.Topics.Stats.Retained == 1);
        await using MqttUser watcher = await MqttUser.ConnectAsync(server);
        await watcher.SubscribeAsync("status/+", 2);
        Assert.Equal(["status/1=offline/2*"], await watcher.ReceiveAsync(1));
    }

    private static Task<MqttUser> ConnectWithWillAsync(TestServer server, string topic, string? clientId = null) =>
        MqttUser.ConnectAsync(server, change: options =>
        {
            options.WithWillTopic(topic).WithWillPayload("gone").WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
            if (clientId is not null)
            {
                options.WithClientId(clientId);
            }
        });
}
