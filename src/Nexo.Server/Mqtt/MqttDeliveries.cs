using System.Buffers.Binary;
using Nexo.Protocol;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Mqtt;

/// <summary>
/// PUBLISH packets of <see cref="MqttEncoder"/> for one receiver: with its packet identifier, its alias of the topic, and a life that is
/// shorter by the time that they have waited.
/// </summary>
internal static class MqttDeliveries
{
    private const int AliasBytes = 1 + sizeof(ushort);
    private const int MsPerSecond = 1_000;

    /// <summary>Copies a packet.</summary>
    /// <param name="target">Takes it.</param>
    /// <param name="packet">As it was encoded.</param>
    /// <param name="packetId">0: with QoS 0.</param>
    /// <param name="waitedMs">How long it has waited; 0 of a packet of MQTT 3.1.1.</param>
    public static void Write(FrameBuffer target, ReadOnlySpan<byte> packet, ushort packetId, long waitedMs)
    {
        Span<byte> copy = target.GetSpan(packet.Length)[..packet.Length];
        packet.CopyTo(copy);
        if (packetId > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(copy[BehindTopic(packet)..], packetId);
        }

        if (waitedMs >= MsPerSecond)
        {
            int at = ExpiryAt(packet);
            if (at > 0)
            {
                Shorten(copy[at..], waitedMs);
            }
        }

        target.Advance(packet.Length);
    }

    /// <summary>Copies a packet of MQTT 5 as one of MQTT 3.1.1.</summary>
    public static void WriteWithoutProperties(FrameBuffer target, ReadOnlySpan<byte> packet, ushort packetId)
    {
        int topicAt = HeaderSize(packet) + sizeof(ushort);
        int topicEnd = BehindTopic(packet);
        var rest = new MqttReader(packet[topicEnd..]);
        if (packetId > 0)
        {
            rest.UInt16();
        }

        rest.Take(rest.Variable());
        int length = topicEnd - topicAt + sizeof(ushort) + (packetId > 0 ? sizeof(ushort) : 0) + rest.Rest.Length;
        var writer = new MqttWriter(target.GetSpan(MqttFixedHeader.TotalOf(length)));
        writer.Header(packet[0], length);
        writer.Binary(packet[topicAt..topicEnd]);
        if (packetId > 0)
        {
            writer.UInt16(packetId);
        }

        writer.Bytes(rest.Rest);
        target.Advance(writer.Written);
    }

    /// <summary>Copies a packet of MQTT 5, with an alias if its topic has one or gets one.</summary>
    public static void WriteWithAlias(
        FrameBuffer target, ReadOnlySpan<byte> packet, ushort packetId, long waitedMs, MqttAliases aliases, long packetBytesMax)
    {
        int topicAt = HeaderSize(packet) + sizeof(ushort);
        int topicEnd = BehindTopic(packet);
        ReadOnlySpan<byte> topic = packet[topicAt..topicEnd];

        // Properties and lengths may take two bytes more.
        bool isNew = false;
        ushort alias = packet.Length + AliasBytes + 2 > packetBytesMax ? (ushort)0 : aliases.Of(topic, out isNew);
        if (alias == 0)
        {
            Write(target, packet, packetId, waitedMs);
            return;
        }

        var rest = new MqttReader(packet[topicEnd..]);
        if (packetId > 0)
        {
            rest.UInt16();
        }

        ReadOnlySpan<byte> properties = rest.Take(rest.Variable());
        int propertyBytes = properties.Length + AliasBytes;
        topic = isNew ? topic : default;
        int length = sizeof(ushort) + topic.Length + (packetId > 0 ? sizeof(ushort) : 0)
            + MqttFixedHeader.LengthBytes(propertyBytes) + propertyBytes + rest.Rest.Length;
        Span<byte> bytes = target.GetSpan(MqttFixedHeader.TotalOf(length));
        var writer = new MqttWriter(bytes);
        writer.Header(packet[0], length);
        writer.Binary(topic);
        if (packetId > 0)
        {
            writer.UInt16(packetId);
        }

        writer.Variable(propertyBytes);
        int propertiesAt = writer.Written;
        writer.Bytes(properties);
        if (waitedMs >= MsPerSecond && properties is [(byte)MqttProperty.MessageExpiry, ..])
        {
            Shorten(bytes[(propertiesAt + 1)..], waitedMs);
        }

        writer.Byte((byte)MqttProperty.TopicAlias);
        writer.UInt16(alias);
        writer.Bytes(rest.Rest);
        target.Advance(writer.Written);
    }

    /// <summary>False: its life has ended while it waited.</summary>
    public static bool IsAlive(ReadOnlySpan<byte> packet, MqttVersion version, long waitedMs)
    {
        int at = version == MqttVersion.V5 && waitedMs > 0 ? ExpiryAt(packet) : 0;
        return at == 0 || BinaryPrimitives.ReadUInt32BigEndian(packet[at..]) * (long)MsPerSecond > waitedMs;
    }

    private static void Shorten(Span<byte> seconds, long waitedMs) => BinaryPrimitives.WriteUInt32BigEndian(
        seconds, (uint)Math.Max(0, BinaryPrimitives.ReadUInt32BigEndian(seconds) - (waitedMs / MsPerSecond)));

    private static int HeaderSize(ReadOnlySpan<byte> packet)
    {
        MqttFixedHeader.TryRead(packet, out MqttFixedHeader header);
        return header.Size;
    }

    private static int BehindTopic(ReadOnlySpan<byte> packet)
    {
        int header = HeaderSize(packet);
        return header + sizeof(ushort) + BinaryPrimitives.ReadUInt16BigEndian(packet[header..]);
    }

    /// <summary>Where its expiry is, which the encoder writes first; 0: it has none.</summary>
    private static int ExpiryAt(ReadOnlySpan<byte> packet)
    {
        bool hasId = ((packet[0] >> PublishPacket.QosShift) & 0x03) > 0;
        int at = BehindTopic(packet) + (hasId ? sizeof(ushort) : 0);
        var reader = new MqttReader(packet[at..]);
        int before = reader.Rest.Length;
        reader.Variable();
        at += before - reader.Rest.Length;
        return reader.Rest is [(byte)MqttProperty.MessageExpiry, ..] ? at + 1 : 0;
    }
}
