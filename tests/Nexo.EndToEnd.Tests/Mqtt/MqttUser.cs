using System.Text;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using Nexo.Server;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>A client as others have it: MQTTnet's, and what it has received.</summary>
internal sealed class MqttUser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Channel<MqttApplicationMessage> _received = Channel.CreateUnbounded<MqttApplicationMessage>();
    private readonly TaskCompletionSource<MqttClientDisconnectedEventArgs> _ended =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MqttUser()
    {
        Client = new MqttClientFactory().CreateMqttClient();
        Client.ApplicationMessageReceivedAsync += received =>
        {
            _received.Writer.TryWrite(received.ApplicationMessage);
            return Task.CompletedTask;
        };
        Client.DisconnectedAsync += ended =>
        {
            _ended.TrySetResult(ended);
            return Task.CompletedTask;
        };
    }

    public IMqttClient Client { get; }

    /// <summary>What the CONNACK has said.</summary>
    public MqttClientConnectResult Welcome { get; private set; } = null!;

    /// <summary>Ends when the connection has.</summary>
    public Task<MqttClientDisconnectedEventArgs> Ended => _ended.Task.WaitAsync(Patience);

    public static NexoServerOptions WithMqtt(NexoServerOptions options) =>
        options with { Mqtt = options.Mqtt with { Port = NetworkOptions.PortAny } };

    public static Task<MqttUser> ConnectAsync(
        TestServer server,
        MqttProtocolVersion version = MqttProtocolVersion.V500,
        Action<MqttClientOptionsBuilder>? change = null) =>
        ConnectAsync(options => options.WithTcpServer("127.0.0.1", server.MqttPort), version, change);

    public static async Task<MqttUser> ConnectAsync(
        Action<MqttClientOptionsBuilder> where, MqttProtocolVersion version, Action<MqttClientOptionsBuilder>? change = null)
    {
        var user = new MqttUser();
        MqttClientOptionsBuilder options = new MqttClientOptionsBuilder()
            .WithProtocolVersion(version)
            .WithClientId($"test-{Guid.NewGuid():N}")
            .WithTimeout(Patience);
        where(options);
        change?.Invoke(options);
        user.Welcome = await user.Client.ConnectAsync(options.Build());
        return user;
    }

    public Task<MqttClientSubscribeResult> SubscribeAsync(
        string filter, int qos = 0, Action<MqttTopicFilterBuilder>? change = null, uint identifier = 0)
    {
        MqttClientSubscribeOptionsBuilder options = new MqttClientSubscribeOptionsBuilder().WithTopicFilter(one =>
        {
            one.WithTopic(filter).WithQualityOfServiceLevel((MqttQualityOfServiceLevel)qos);
            change?.Invoke(one);
        });
        return Client.SubscribeAsync((identifier == 0 ? options : options.WithSubscriptionIdentifier(identifier)).Build());
    }

    public Task<MqttClientPublishResult> PublishAsync(
        string topic, string body, int qos = 0, bool retain = false, Action<MqttApplicationMessageBuilder>? change = null)
    {
        MqttApplicationMessageBuilder message = new MqttApplicationMessageBuilder()
            .WithTopic(topic)
            .WithPayload(body)
            .WithQualityOfServiceLevel((MqttQualityOfServiceLevel)qos)
            .WithRetainFlag(retain);
        change?.Invoke(message);
        return Client.PublishAsync(message.Build());
    }

    public async Task<MqttApplicationMessage> ReceiveAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _received.Reader.ReadAsync(patience.Token);
    }

    /// <summary>The next messages as <c>topic=body/qos</c>, with <c>*</c> behind what has the retain flag.</summary>
    public async Task<List<string>> ReceiveAsync(int count)
    {
        List<string> messages = [];
        while (messages.Count < count)
        {
            messages.Add(TextOf(await ReceiveAsync()));
        }

        return messages;
    }

    /// <summary>Nothing more comes than a message that this publishes to a topic of its own.</summary>
    public async Task<List<string>> ReceiveRestAsync()
    {
        string marker = $"marker/{Guid.NewGuid():N}";
        await SubscribeAsync(marker, 2);
        await PublishAsync(marker, "end", 2);
        List<string> messages = [];
        while (await ReceiveAsync() is { } message && message.Topic != marker)
        {
            messages.Add(TextOf(message));
        }

        return messages;
    }

    public static string TextOf(MqttApplicationMessage message) =>
        $"{message.Topic}={BodyOf(message)}/{(int)message.QualityOfServiceLevel}{(message.Retain ? "*" : string.Empty)}";

    public static string BodyOf(MqttApplicationMessage message) => Encoding.UTF8.GetString(message.Payload);

    public async ValueTask DisposeAsync()
    {
        if (Client.IsConnected)
        {
            await Client.DisconnectAsync();
        }

        Client.Dispose();
    }
}
