using System.Text;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using Nexo.Client;
using Nexo.Protocol;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>Clients of both protocols on the same topics, and as the same users.</summary>
public sealed class MqttGatewayTests
{
    [Fact]
    public async Task What_a_native_client_publishes_comes_with_its_headers_as_properties_and_the_reverse()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using NexoClient native = await NexoClient.ConnectAsync(server.Url);
        await using MqttUser user = await MqttUser.ConnectAsync(server);
        await using MqttUser older = await MqttUser.ConnectAsync(server, MqttProtocolVersion.V311);
        await user.SubscribeAsync("from/native", 2);
        await older.SubscribeAsync("from/native", 0);
        var headers = new Dictionary<string, string>
        {
            ["content-type"] = "text/plain",
            ["reply-to"] = "r/1",
            ["correlation-id"] = "42",
            ["a"] = "b",
        };
        TopicPublishResult result = await native.Topics.PublishAsync(
            "from/native", Encoding.UTF8.GetBytes("hello").AsMemory(), new TopicPublishOptions { Headers = headers });
        Assert.Equal(2, result.Receivers);
        MqttApplicationMessage message = await user.ReceiveAsync();
        Assert.Equal(("from/native=hello/1", "text/plain", "r/1"), (MqttUser.TextOf(message), message.ContentType, message.ResponseTopic));
        Assert.Equal("42", Encoding.UTF8.GetString(message.CorrelationData));
        Assert.Equal([("a", "b")], message.UserProperties.Select(one => (one.Name, one.ReadValueAsString())));
        Assert.Equal(["from/native=hello/0"], await older.ReceiveAsync(1));

        await using TopicSubscription<ReadOnlyMemory<byte>> subscription =
            await native.Topics.OpenSubscriptionAsync<ReadOnlyMemory<byte>>(["from/mqtt/#"]);
        await user.PublishAsync("from/mqtt/1", "hi", 2, change: one => one
            .WithContentType("x").WithResponseTopic("r/2").WithCorrelationData("7"u8.ToArray())
            .WithUserProperty("k", "v"u8.ToArray()));
        await older.PublishAsync("from/mqtt/2", "ho");
        List<TopicMessage<ReadOnlyMemory<byte>>> received = [];
        await foreach (TopicMessage<ReadOnlyMemory<byte>> one in subscription.ReadAllAsync())
        {
            received.Add(one);
            if (received.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(["from/mqtt/1=hi", "from/mqtt/2=ho"], received.Select(one => $"{one.Topic}={Encoding.UTF8.GetString(one.Body.Span)}"));
        Assert.Equal(
            [("content-type", "x"), ("correlation-id", "7"), ("k", "v"), ("reply-to", "r/2")],
            received[0].Headers.Select(one => (one.Key, one.Value)).OrderBy(one => one.Key, StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_request_of_either_side_is_answered_by_the_other()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using NexoClient native = await NexoClient.ConnectAsync(server.Url);
        await using MqttUser user = await MqttUser.ConnectAsync(server);
        await user.SubscribeAsync("ask/mqtt", 1);
        ValueTask<ReadOnlyMemory<byte>> reply = native.Topics.RequestAsync<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(
            "ask/mqtt", Encoding.UTF8.GetBytes("question"), TimeSpan.FromSeconds(20));
        MqttApplicationMessage question = await user.ReceiveAsync();
        await user.PublishAsync(question.ResponseTopic, "answer", 1, change: one => one.WithCorrelationData(question.CorrelationData));
        Assert.Equal("answer", Encoding.UTF8.GetString((await reply).Span));

        await user.SubscribeAsync("answers/1", 1);
        await using TopicSubscription answering = await native.Topics.SubscribeAsync<ReadOnlyMemory<byte>>(
            "ask/native", async (message, cancel) =>
                await message.ReplyAsync<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes("here"), cancellationToken: cancel));
        await user.PublishAsync("ask/native", "?", 1, change: one => one.WithResponseTopic("answers/1").WithCorrelationData("c"u8.ToArray()));
        MqttApplicationMessage answer = await user.ReceiveAsync();
        Assert.Equal(("answers/1=here/1", "c"), (MqttUser.TextOf(answer), Encoding.UTF8.GetString(answer.CorrelationData)));
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task Users_and_tokens_are_those_of_the_server(MqttProtocolVersion version)
    {
        const string Token = "a-token-of-sixteen-and-more";
        await using TestServer server = await TestServer.StartAsync(options =>
        {
            options = MqttUser.WithMqtt(options);
            return options with
            {
                Security = options.Security with
                {
                    Token = TokenHash.Of(Token),
                    Users = [new UserCredential("ann", PasswordHash.Of("secret", 1_000))],
                },
            };
        });
        await using MqttUser ann = await MqttUser.ConnectAsync(server, version, o => o.WithCredentials("ann", "secret"));
        await using MqttUser token = await MqttUser.ConnectAsync(server, version, o => o.WithCredentials("token", Token));
        await ann.SubscribeAsync("a");
        await token.PublishAsync("a", "x");
        Assert.Equal(["a=x/0"], await ann.ReceiveAsync(1));
        bool isV5 = version == MqttProtocolVersion.V500;
        foreach ((string? user, byte reason) in ((string?, byte)[])
            [("ann", isV5 ? (byte)MqttReason.BadUserNameOrPassword : (byte)4), (null, isV5 ? (byte)MqttReason.NotAuthorized : (byte)5)])
        {
            using MqttPeer peer = await MqttPeer.OpenAsync(server);
            await peer.SendAsync(Connect(isV5 ? MqttVersion.V5 : MqttVersion.V311, user));
            MqttPacket answer = await peer.ReadAsync();
            Assert.Equal((MqttPacketType.Connack, reason), (answer.Type, answer.Body[1]));
            Assert.Empty(await peer.ReadToEndAsync());
        }
    }

    [Fact]
    public async Task What_is_retained_is_the_same_for_both()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using NexoClient native = await NexoClient.ConnectAsync(server.Url);
        await using MqttUser user = await MqttUser.ConnectAsync(server);
        await native.Topics.PublishAsync("kept/1", Encoding.UTF8.GetBytes("n").AsMemory(), new TopicPublishOptions { Retain = true });
        await user.PublishAsync("kept/2", "m", 2, retain: true);
        await user.SubscribeAsync("kept/#", 2);
        Assert.Equal(["kept/1=n/1*", "kept/2=m/2*"], await user.ReceiveAsync(2));
        await user.PublishAsync("kept/1", string.Empty, 1, retain: true);
        Assert.Equal(["kept/1=/1"], await user.ReceiveAsync(1));
        Assert.Equal(1, server.Native.Topics.Stats.Retained);
    }

    [Fact]
    public async Task A_bound_queue_gets_what_a_client_of_mqtt_publishes()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using NexoClient native = await NexoClient.ConnectAsync(server.Url);
        await native.Queue<byte[]>("jobs").DeclareAsync();
        await native.Topics.Bindings.SetAsync(new Nexo.Client.TopicBinding("b", "jobs/#", BindingTarget.Queue, "jobs"));
        await using MqttUser user = await MqttUser.ConnectAsync(server);
        Assert.Equal(MqttClientPublishReasonCode.Success, (await user.PublishAsync("jobs/1", "x", 1)).ReasonCode);
        Assert.Equal(1, server.Native.Queues.Totals.Ready);
    }

    private static byte[] Connect(MqttVersion version, string? user)
    {
        var packet = new ConnectPacket
        {
            Version = version,
            IsClean = true,
            ClientId = "c"u8,
            HasUser = user is not null,
            User = Encoding.UTF8.GetBytes(user ?? string.Empty),
            HasPassword = user is not null,
            Password = "wrong"u8,
        };
        byte[] bytes = new byte[packet.Measure()];
        packet.Write(bytes);
        return bytes;
    }
}
