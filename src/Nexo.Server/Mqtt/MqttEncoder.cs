using System.Buffers;
using Nexo.Engine.Topics;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Mqtt;

/// <summary>
/// Messages as PUBLISH packets, which are the same for all whose version and QoS are the same; where there is a packet identifier it is
/// written for each receiver, over the 0 that is here.
/// </summary>
internal sealed class MqttEncoder : ITopicEncoder
{
    private const int QosCount = 3;

    private static readonly MqttEncoder[] Forms = [.. Enumerable.Range(0, 2 * QosCount * 2).Select(static i => new MqttEncoder(
        i % 2 == 0 ? MqttVersion.V311 : MqttVersion.V5, (byte)(i / 2 % QosCount), i >= 2 * QosCount))];

    private readonly MqttVersion _version;
    private readonly byte _qosMax;
    private readonly bool _keepsRetain;

    private MqttEncoder(MqttVersion version, byte qosMax, bool keepsRetain)
    {
        _version = version;
        _qosMax = qosMax;
        _keepsRetain = keepsRetain;
    }

    /// <summary>The one for a version, and for subscriptions of such a QoS, with retain as published or without.</summary>
    public static MqttEncoder Of(MqttVersion version, byte qosMax, bool keepsRetain) =>
        Forms[(version == MqttVersion.V5 ? 1 : 0) + (2 * qosMax) + (keepsRetain ? 2 * QosCount : 0)];

    public void Write(IBufferWriter<byte> to, in TopicMessage message, bool retained) => Write(to, message, retained, identifier: 0);

    /// <summary>The same, for a subscription with an identifier; 0: it has none.</summary>
    public void Write(IBufferWriter<byte> to, in TopicMessage message, bool retained, uint identifier)
    {
        byte qos = _qosMax == 0 ? (byte)0 : Math.Min(_qosMax, MqttHeaders.QosOf(message, retained));
        bool retain = retained || (_keepsRetain && message.Retain);
        int length = sizeof(ushort) + message.Topic.Length + (qos > 0 ? sizeof(ushort) : 0) + message.Body.Length;
        int properties = 0;
        if (_version == MqttVersion.V5)
        {
            properties = (message.TtlMs is null ? 0 : 1 + sizeof(uint))
                + (identifier == 0 ? 0 : 1 + MqttFixedHeader.LengthBytes((int)identifier))
                + (message.Headers.IsEmpty ? 0 : MqttHeaders.Measure(message.Headers));
            length += MqttFixedHeader.LengthBytes(properties) + properties;
        }

        var writer = new MqttWriter(to.GetSpan(MqttFixedHeader.TotalOf(length)));
        writer.Header(PublishPacket.FirstByte(qos, isDuplicate: false, retain), length);
        writer.Binary(message.Topic);
        if (qos > 0)
        {
            writer.UInt16(0);
        }

        if (_version == MqttVersion.V5)
        {
            WriteProperties(ref writer, message, properties, identifier);
        }

        writer.Bytes(message.Body);
        to.Advance(writer.Written);
    }

    /// <summary>Seconds of a life, such that it has not ended when they are not over.</summary>
    public static uint SecondsOf(long ms) => (uint)Math.Min(uint.MaxValue, (ms + 999) / 1_000);

    private static void WriteProperties(scoped ref MqttWriter writer, in TopicMessage message, int size, uint identifier)
    {
        writer.Variable(size);
        if (message.TtlMs is { } ttl)
        {
            writer.Byte((byte)MqttProperty.MessageExpiry);
            writer.UInt32(SecondsOf(ttl));
        }

        if (identifier > 0)
        {
            writer.Byte((byte)MqttProperty.SubscriptionIdentifier);
            writer.Variable((int)identifier);
        }

        if (!message.Headers.IsEmpty)
        {
            MqttHeaders.Write(ref writer, message.Headers);
        }
    }
}
