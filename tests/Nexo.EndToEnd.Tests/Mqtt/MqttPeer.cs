using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>A packet that a server has sent.</summary>
internal sealed record MqttPacket(MqttFixedHeader Header, byte[] Body)
{
    public MqttPacketType Type => Header.Type;

    public PublishPacket ToPublish(MqttVersion version)
    {
        Assert.Equal(MqttPacketType.Publish, Type);
        Assert.Equal(
            MqttReason.Success, PublishPacket.TryRead(Body, Header.Flags, version, MqttPropertySets.Delivery, out PublishPacket packet));
        return packet;
    }
}

/// <summary>A connection that sends what a well-behaved client does not, and looks at every byte.</summary>
internal sealed class MqttPeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private MqttPeer(MqttVersion version) => Version = version;

    public MqttVersion Version { get; }

    public static async Task<MqttPeer> OpenAsync(TestServer server, MqttVersion version = MqttVersion.V5)
    {
        var peer = new MqttPeer(version);
        await peer._socket.ConnectAsync("127.0.0.1", server.MqttPort);
        return peer;
    }

    /// <summary>Connects, and has read the CONNACK.</summary>
    public static async Task<MqttPeer> GreetAsync(
        TestServer server,
        MqttVersion version = MqttVersion.V5,
        string clientId = "",
        byte[]? properties = null,
        ushort keepAlive = 0,
        bool isClean = true)
    {
        MqttPeer peer = await OpenAsync(server, version);
        await peer.SendAsync(Connect(version, clientId, properties ?? [], keepAlive, isClean));
        MqttPacket welcome = await peer.ReadAsync();
        Assert.Equal((MqttPacketType.Connack, 0), (welcome.Type, welcome.Body[1]));
        return peer;
    }

    public static byte[] Connect(MqttVersion version, string clientId, byte[] properties, ushort keepAlive = 0, bool isClean = true)
    {
        var packet = new ConnectPacket
        {
            Version = version,
            IsClean = isClean,
            KeepAliveSeconds = keepAlive,
            ClientId = Encoding.UTF8.GetBytes(clientId),
            Properties = new MqttProperties(properties),
        };
        byte[] bytes = new byte[packet.Measure()];
        packet.Write(bytes);
        return bytes;
    }

    public async Task SendAsync(params byte[] bytes) => await _socket.SendAsync(bytes);

    public Task SendHexAsync(string hex) => SendAsync(Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal)));

    public Task PublishAsync(string topic, string body, byte qos = 0, ushort packetId = 0, bool isDuplicate = false, byte[]? properties = null)
    {
        var packet = new PublishPacket
        {
            Topic = Encoding.UTF8.GetBytes(topic),
            Payload = Encoding.UTF8.GetBytes(body),
            Qos = qos,
            PacketId = packetId,
            IsDuplicate = isDuplicate,
            Properties = new MqttProperties(properties ?? []),
        };
        byte[] bytes = new byte[packet.Measure(Version)];
        packet.Write(bytes, Version);
        return SendAsync(bytes);
    }

    /// <summary>Subscribes, and has read the SUBACK, which is the next packet.</summary>
    public async Task SubscribeAsync(string filter, byte qos = 0, byte options = 0)
    {
        byte[] items = [0, (byte)Encoding.UTF8.GetByteCount(filter), .. Encoding.UTF8.GetBytes(filter), (byte)(qos | options)];
        await SendAsync(Write(new SubscribePacket { PacketId = 9, Items = items }));
        MqttPacket answer = await ReadAsync();
        Assert.Equal((MqttPacketType.Suback, qos), (answer.Type, answer.Body[^1]));
    }

    public async Task AcknowledgeAsync(MqttPacketType type, ushort packetId)
    {
        byte[] bytes = new byte[AckPacket.PlainSize];
        new AckPacket { PacketId = packetId }.Write(bytes, type, Version);
        await SendAsync(bytes);
    }

    /// <summary>The next packet is this acknowledgement.</summary>
    public async Task ExpectAsync(MqttPacketType type, ushort packetId, MqttReason reason = MqttReason.Success)
    {
        MqttPacket packet = await ReadAsync();
        Assert.Equal(type, packet.Type);
        Assert.Equal(MqttReason.Success, AckPacket.TryRead(packet.Body, type, Version, out AckPacket ack));
        Assert.Equal((packetId, reason), (ack.PacketId, ack.Reason));
    }

    /// <summary>The server says why, and the connection ends.</summary>
    public async Task ExpectEndAsync(MqttReason reason)
    {
        MqttPacket packet = await ReadAsync();
        Assert.Equal((MqttPacketType.Disconnect, reason), (packet.Type, (MqttReason)packet.Body[0]));
        Assert.Empty(await ReadToEndAsync());
    }

    /// <summary>Nothing else has come before the answer to a PINGREQ.</summary>
    public async Task ExpectNothingAsync()
    {
        await SendAsync(0xC0, 0);
        Assert.Equal(MqttPacketType.Pingresp, (await ReadAsync()).Type);
    }

    public async Task<MqttPacket> ReadAsync()
    {
        byte[] head = await ReadAsync(2);
        while (head[^1] >= 0x80)
        {
            head = [.. head, .. await ReadAsync(1)];
        }

        Assert.Equal(MqttHeaderStatus.Complete, MqttFixedHeader.TryRead(head, out MqttFixedHeader header));
        return new MqttPacket(header, await ReadAsync(header.Length));
    }

    public async Task<byte[]> ReadToEndAsync()
    {
        var all = new ArrayBufferWriter<byte>();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (await _socket.ReceiveAsync(all.GetMemory(1_024), patience.Token) is var count && count > 0)
            {
                all.Advance(count);
            }
        }
        catch (SocketException)
        {
            // Reset: it has ended as well.
        }

        return all.WrittenSpan.ToArray();
    }

    public void Dispose() => _socket.Dispose();

    private byte[] Write(SubscribePacket packet)
    {
        byte[] bytes = new byte[packet.Measure(Version)];
        packet.Write(bytes, Version);
        return bytes;
    }

    private async Task<byte[]> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        using var patience = new CancellationTokenSource(Patience);
        for (int at = 0; at < count;)
        {
            int received = await _socket.ReceiveAsync(bytes.AsMemory(at), patience.Token);
            Assert.True(received > 0, "the connection has ended");
            at += received;
        }

        return bytes;
    }
}
