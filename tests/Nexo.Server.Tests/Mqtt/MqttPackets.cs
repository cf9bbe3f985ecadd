using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Tests.Mqtt;

/// <summary>Any packet, read as it comes and written again from what was read.</summary>
internal static class MqttPackets
{
    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));

    /// <summary>What is wrong with a packet.</summary>
    /// <param name="packet">With its fixed header.</param>
    /// <param name="version">Of the connection; a CONNECT says it itself.</param>
    /// <param name="written">The packet again.</param>
    public static MqttReason Read(ReadOnlySpan<byte> packet, MqttVersion version, out byte[] written)
    {
        written = [];
        MqttHeaderStatus status = MqttFixedHeader.TryRead(packet, out MqttFixedHeader header);
        if (status != MqttHeaderStatus.Complete || header.TotalSize != packet.Length || !header.HasFlagsOfType || !header.IsMinimal)
        {
            return MqttReason.MalformedPacket;
        }

        ReadOnlySpan<byte> body = packet[header.Size..];
        byte[] target = new byte[packet.Length + 16];
        MqttReason fault = ReadBody(header, body, version, target, out int size, out int measured);
        if (fault == MqttReason.Success)
        {
            Assert.Equal(measured, size);
            written = target[..size];
        }

        return fault;
    }

    private static MqttReason ReadBody(
        MqttFixedHeader header, ReadOnlySpan<byte> body, MqttVersion version, Span<byte> target, out int size, out int measured)
    {
        MqttReason fault;
        size = 0;
        measured = 0;
        switch (header.Type)
        {
            case MqttPacketType.Connect:
                fault = ConnectPacket.TryRead(body, out ConnectPacket connect);
                if (fault == MqttReason.Success)
                {
                    (size, measured) = (connect.Write(target), connect.Measure());
                }

                return fault;
            case MqttPacketType.Connack:
                fault = ConnackPacket.TryRead(body, version, out ConnackPacket connack);
                if (fault == MqttReason.Success)
                {
                    (size, measured) = (connack.Write(target, version), connack.Measure(version));
                }

                return fault;
            case MqttPacketType.Publish:
                fault = PublishPacket.TryRead(body, header.Flags, version, MqttPropertySets.Delivery, out PublishPacket publish);
                if (fault == MqttReason.Success)
                {
                    (size, measured) = (publish.Write(target, version), publish.Measure(version));
                }

                return fault;
            case MqttPacketType.Puback or MqttPacketType.Pubrec or MqttPacketType.Pubrel or MqttPacketType.Pubcomp:
                fault = AckPacket.TryRead(body, header.Type, version, out AckPacket ack);
                if (fault == MqttReason.Success)
                {
                    (size, measured) = (ack.Write(target, header.Type, version), ack.Measure(version));
                }

                return fault;
            case MqttPacketType.Subscribe:
                fault = SubscribePacket.TryRead(body, version, out SubscribePacket subscribe);
                if (fault == MqttReason.Success)
                {
                    (size, measured) = (subscribe.Write(target, version), subscribe.Measure(version));
                }

                return fault;
            case MqttPacketType.Suback or MqttPacketType.Unsuback:
                fault = SubackPacket.TryRead(body, header.Type, version, out SubackPacket suback);
                if (fault == MqttReason.Success)
                {
                    (size, measured) = (suback.Write(target, header.Type, version), suback.Measure(header.Type, version));
                }

                return fault;
            case MqttPacketType.Unsubscribe:
                fault = UnsubscribePacket.TryRead(body, version, out UnsubscribePacket unsubscribe);
                if (fault == MqttReason.Success)
                {
                    (size, measured) = (unsubscribe.Write(target, version), unsubscribe.Measure(version));
                }

                return fault;
            case MqttPacketType.Disconnect or MqttPacketType.Auth:
                fault = DisconnectPacket.TryRead(body, header.Type, version, out DisconnectPacket disconnect);
                if (fault == MqttReason.Success)
                {
                    (size, measured) = (disconnect.Write(target, header.Type, version), disconnect.Measure(version));
                }

                return fault;
            case MqttPacketType.Pingreq or MqttPacketType.Pingresp when body.IsEmpty:
                var writer = new MqttWriter(target);
                writer.Header(header.Type, 0);
                (size, measured) = (writer.Written, 2);
                return MqttReason.Success;
            default:
                return MqttReason.MalformedPacket;
        }
    }
}
