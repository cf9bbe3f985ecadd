using System.Text;
using MQTTnet;
using MQTTnet.Formatter;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>Who gets what is shared, and what becomes of it when a member leaves (§4.8.2).</summary>
public sealed class MqttSharedTests
{
    private static readonly byte[] Lasting = [(byte)MqttProperty.SessionExpiry, 0, 0, 1, 0];

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task What_a_leaving_member_has_not_acknowledged_goes_to_another_with_qos_1_and_to_nobody_with_qos_2(object given)
    {
        var version = (MqttVersion)given;
        await using TestServer server = await TestServer.StartAsync(options =>
        {
            options = MqttUser.WithMqtt(options);
            return options with { Mqtt = options.Mqtt with { InFlightMax = 4 } };
        });
        using MqttPeer leaving = await MqttPeer.GreetAsync(server, version, "leaving");
        await leaving.SubscribeAsync("$share/g/t", 2);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server);
        for (int i = 1; i <= 6; i++)
        {
            await publisher.PublishAsync("t", $"{i}", i is 2 or 6 ? 2 : 1, change: m => m.WithUserProperty("name", Encoding.UTF8.GetBytes("value")));
        }

        // Four are on their way, of which one is acknowledged, so that the fifth is sent; the last waits.
        List<ushort> ids = [];
        for (int i = 1; i <= 4; i++)
        {
            PublishPacket packet = (await leaving.ReadAsync()).ToPublish(version);
            Assert.Equal($"{i}", Encoding.UTF8.GetString(packet.Payload));
            ids.Add(packet.PacketId);
        }

        await leaving.AcknowledgeAsync(MqttPacketType.Puback, ids[0]);
        Assert.Equal("5", Encoding.UTF8.GetString((await leaving.ReadAsync()).ToPublish(version).Payload));
        await using MqttUser other = await MqttUser.ConnectAsync(server);
        await other.SubscribeAsync("$share/g/t", 2);
        leaving.Dispose();
        List<string> taken = [];
        for (int i = 0; i < 4; i++)
        {
            MqttApplicationMessage message = await other.ReceiveAsync();
            taken.Add(MqttUser.TextOf(message));
            Assert.Equal("value", Encoding.UTF8.GetString(message.UserProperties[0].ValueBuffer.Span));
        }

        Assert.Equal(["t=3/1", "t=4/1", "t=5/1", "t=6/2"], taken);
        Assert.Empty(await other.ReceiveRestAsync());
        Assert.Equal(0, server.Native.TopicBuffers.Bytes);
    }

    [Fact]
    public async Task What_is_given_back_has_the_rest_of_its_life_and_none_when_that_is_over()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        MqttPeer leaving = await MqttPeer.GreetAsync(server);
        await leaving.SubscribeAsync("$share/g/t", 1);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server);
        await publisher.PublishAsync("t", "brief", 1, change: m => m.WithMessageExpiryInterval(1));
        await publisher.PublishAsync("t", "long", 1, change: m => m.WithMessageExpiryInterval(100));
        await leaving.ReadAsync();
        await leaving.ReadAsync();
        await using MqttUser other = await MqttUser.ConnectAsync(server);
        await other.SubscribeAsync("$share/g/t", 1);
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        leaving.Dispose();
        MqttApplicationMessage message = await other.ReceiveAsync();
        Assert.Equal("long", MqttUser.BodyOf(message));
        Assert.InRange(message.MessageExpiryInterval, 90u, 99u);
        Assert.Empty(await other.ReceiveRestAsync());
        Assert.Equal(1, server.Native.Mqtt.Expired);
    }

    [Fact]
    public async Task A_member_whose_session_lasts_and_that_acknowledges_nothing_gets_less_than_one_that_does()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        using MqttPeer stuck = await MqttPeer.GreetAsync(server, clientId: "stuck", properties: Lasting);
        await stuck.SubscribeAsync("$share/g/t", 1);
        await using MqttUser busy = await MqttUser.ConnectAsync(
            server, change: o => o.WithClientId("busy").WithCleanStart(false).WithSessionExpiryInterval(60));
        await busy.SubscribeAsync("$share/g/t", 1);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server, MqttProtocolVersion.V311);
        for (int i = 0; i < 20; i++)
        {
            await publisher.PublishAsync("t", "x", 1);
            await Poll.UntilAsync(() => server.Native.Sessions.Stats.Messages <= 1);
        }

        Assert.Equal(19, (await busy.ReceiveAsync(19)).Count);
    }
}
