using System.Text;
using Nexo.Server;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>Clients that do not read, or take little: what they miss, and that nobody else does.</summary>
public sealed class MqttSlowTests
{
    private const int Messages = 400;
    private static readonly string Body = new('x', 32_000);

    [Fact]
    public async Task Who_does_not_read_misses_the_oldest_with_qos_0_which_is_counted_and_others_miss_nothing()
    {
        await using TestServer server = await TestServer.StartAsync(options => MqttUser.WithMqtt(options) with
        {
            Topics = options.Topics with { OutboxBytes = 1_024 * 1_024 },
        });
        using MqttPeer slow = await MqttPeer.GreetAsync(server, clientId: "slow");
        await slow.SubscribeAsync("t/#");
        using MqttPeer aliased = await MqttPeer.GreetAsync(server, clientId: "aliased", properties: [0x22, 0, 9]);
        await aliased.SubscribeAsync("t/#");
        using MqttPeer quick = await MqttPeer.GreetAsync(server, clientId: "quick");
        await quick.SubscribeAsync("t/#");
        using MqttPeer publisher = await MqttPeer.GreetAsync(server, clientId: "publisher");
        for (int i = 1; i <= Messages; i++)
        {
            await publisher.PublishAsync("t/1", $"{i}:{Body}");
            Assert.Equal(i, await ReadAsync(quick));
        }

        foreach (MqttPeer late in (MqttPeer[])[slow, aliased])
        {
            // Some from before, and of what waited the newest.
            List<int> got = await ReadUntilAsync(late, Messages);
            Assert.Equal(got.Order(), got);
            Assert.InRange(got.Count, 30, Messages - 1);
        }

        Assert.InRange(server.Native.Topics.Stats.Dropped, 2, 2 * Messages);
        await Poll.UntilAsync(() => server.Native.TopicBuffers.Bytes == 0);
    }

    [Fact]
    public async Task Retained_messages_come_to_a_session_as_its_client_takes_them_and_do_not_fill_it()
    {
        const int Retained = 500;
        await using TestServer server = await TestServer.StartAsync(options => MqttUser.WithMqtt(options) with
        {
            Mqtt = options.Mqtt with { Port = NetworkOptions.PortAny, SessionMessagesMax = 50, InFlightMax = 5 },
        });
        await using MqttUser publisher = await MqttUser.ConnectAsync(server);
        for (int i = 0; i < Retained; i++)
        {
            await publisher.PublishAsync($"t/{i}", "x", 1, retain: true);
        }

        await using MqttUser user = await MqttUser.ConnectAsync(
            server, change: o => o.WithClientId("c").WithCleanStart(false).WithSessionExpiryInterval(60));
        await user.SubscribeAsync("t/#", 1);
        List<string> got = await user.ReceiveAsync(Retained);
        Assert.Equal(Retained, got.Distinct().Count());
        Assert.Equal(0, server.Native.Sessions.Stats.Dropped);
    }

    private static async Task<List<int>> ReadUntilAsync(MqttPeer peer, int last)
    {
        List<int> got = [];
        while (got.Count == 0 || got[^1] < last)
        {
            got.Add(await ReadAsync(peer));
        }

        return got;
    }

    private static async Task<int> ReadAsync(MqttPeer peer)
    {
        string text = Encoding.UTF8.GetString((await peer.ReadAsync()).ToPublish(MqttVersion.V5).Payload);
        return int.Parse(text[..text.IndexOf(':', StringComparison.Ordinal)]);
    }
}
