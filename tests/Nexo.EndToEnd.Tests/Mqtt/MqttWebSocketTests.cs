using System.Net;
using System.Net.WebSockets;
using MQTTnet;
using MQTTnet.Formatter;
using Nexo.Server;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>MQTT over WebSocket, on the HTTP port.</summary>
public sealed class MqttWebSocketTests
{
    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task Messages_go_both_ways_also_large_ones(MqttProtocolVersion version)
    {
        await using TestServer server = await TestServer.StartAsync(WithWebSocket);
        await using MqttUser user = await ConnectAsync(server, version);
        await using MqttUser other = await MqttUser.ConnectAsync(server, version);
        await user.SubscribeAsync("down/#", 1);
        await other.SubscribeAsync("up/#", 2);
        string large = new('x', 300_000);
        for (int quality = 0; quality < 3; quality++)
        {
            await user.PublishAsync("up/1", large, quality);
            await other.PublishAsync("down/1", large, quality);
        }

        Assert.Equal([$"up/1={large}/0", $"up/1={large}/1", $"up/1={large}/2"], await other.ReceiveAsync(3));
        Assert.Equal([$"down/1={large}/0", $"down/1={large}/1", $"down/1={large}/1"], await user.ReceiveAsync(3));
        Assert.Equal(2, server.Native.Clients.Count);
        await user.DisposeAsync();
        await Poll.UntilAsync(() => server.Native.Clients.Count == 1);
    }

    [Fact]
    public async Task A_packet_may_lie_in_many_messages_and_text_is_none()
    {
        await using TestServer server = await TestServer.StartAsync(WithWebSocket);
        using ClientWebSocket socket = await OpenAsync(server, "mqtt");
        Assert.Equal("mqtt", socket.SubProtocol);
        byte[] connect = Convert.FromHexString("100D00044D5154540402003C000163");
        for (int i = 0; i < connect.Length; i++)
        {
            bool isEnd = i % 3 == 0 || i == connect.Length - 1;
            await socket.SendAsync(connect.AsMemory(i, 1), WebSocketMessageType.Binary, isEnd, CancellationToken.None);
        }

        byte[] answer = new byte[64];
        WebSocketReceiveResult received = await socket.ReceiveAsync(answer, CancellationToken.None);
        Assert.Equal((4, "20020000"), (received.Count, Convert.ToHexString(answer.AsSpan(0, received.Count))));
        await socket.SendAsync("text"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        await Poll.UntilAsync(() => server.Native.Clients.Count == 0);
    }

    [Fact]
    public async Task Other_requests_and_sub_protocols_are_refused_and_it_is_off_unless_it_is_turned_on()
    {
        await using TestServer server = await TestServer.StartAsync(WithWebSocket);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync(new Uri($"{server.HttpUrl}/mqtt"))).StatusCode);
        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(server, "chat"));
        await using TestServer without = await TestServer.StartAsync(options =>
            options with { Network = options.Network with { HttpPort = NetworkOptions.PortAny } });
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri($"{without.HttpUrl}/mqtt"))).StatusCode);
        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(without, "mqtt"));
    }

    [Fact]
    public async Task A_lost_client_leaves_its_will_and_a_stop_ends_all()
    {
        await using TestServer server = await TestServer.StartAsync(WithWebSocket);
        await using MqttUser watcher = await MqttUser.ConnectAsync(server);
        await watcher.SubscribeAsync("will", 1);
        MqttUser lost = await ConnectAsync(server, MqttProtocolVersion.V500, o => o.WithWillTopic("will").WithWillPayload("gone"));
        lost.Client.Dispose();
        Assert.Equal(["will=gone/0"], await watcher.ReceiveAsync(1));
        await using MqttUser left = await ConnectAsync(server, MqttProtocolVersion.V500);
        await server.StopAsync();
        Assert.Equal(MqttClientDisconnectReason.ServerShuttingDown, (await left.Ended).Reason);
    }

    private static Task<MqttUser> ConnectAsync(
        TestServer server, MqttProtocolVersion version, Action<MqttClientOptionsBuilder>? change = null) =>
        MqttUser.ConnectAsync(
            options => options.WithWebSocketServer(web => web.WithUri($"{server.HttpUrl!.Replace("http", "ws", StringComparison.Ordinal)}/mqtt")),
            version,
            change);

    private static async Task<ClientWebSocket> OpenAsync(TestServer server, string subProtocol)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(subProtocol);
        await socket.ConnectAsync(
            new Uri($"{server.HttpUrl!.Replace("http", "ws", StringComparison.Ordinal)}/mqtt"), CancellationToken.None);
        return socket;
    }

    private static NexoServerOptions WithWebSocket(NexoServerOptions options)
    {
        options = MqttUser.WithMqtt(options);
        return options with
        {
            Network = options.Network with { HttpPort = NetworkOptions.PortAny },
            Mqtt = options.Mqtt with { WebSocket = true },
        };
    }
}
