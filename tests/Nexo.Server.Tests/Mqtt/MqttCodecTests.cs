using CsCheck;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Tests.Mqtt;

/// <summary>The packets of MQTT 3.1.1 and 5, byte by byte.</summary>
public sealed class MqttCodecTests
{
    private const byte V3 = (byte)MqttVersion.V311;
    private const byte V5 = (byte)MqttVersion.V5;

    /// <summary>Packets as others send them, with what they say in the specification's words.</summary>
    public static TheoryData<string, byte, string> Golden => new()
    {
        { "CONNECT 3.1.1, clean, keep-alive 60, client id 'c'", V3, "10 0D 0004 4D515454 04 02 003C 0001 63" },
        { "CONNECT 3.1.1, will QoS 1 retained, user, password", V3,
            "102300044D51545404EE000A00036162630003772F740004676F6E65000175000470617373" },
        { "CONNECT 5, no properties, no client id", V5, "10 0D 0004 4D515454 05 02 0000 00 0000" },
        { "CONNECT 5, all properties", V5,
            "103D00044D5154540500003C2F110000000A21001427000010002200051901170026000161000162150005534352414D16000301020326"
            + "0001610000000163" },
        { "CONNECT 5, will with all properties", V5,
            "103500044D5154540506003C000001632018000000050101020000000A0300017408000172090002FFFE2600016B000176000177000121" },
        { "CONNECT 5, password alone", V5, "10 11 0004 4D515454 05 42 0000 00 0001 63 0001 70" },
        { "CONNACK 3.1.1, session present", V3, "20 02 01 00" },
        { "CONNACK 3.1.1, not authorized", V3, "20 02 00 05" },
        { "CONNACK 5", V5, "20 03 00 00 00" },
        { "CONNACK 5, all properties", V5,
            "204000003D1100000001210064240125012700010000120002616222000A1F00017226000161000162280129012A0113001E1A0001691C"
            + "0001731500016D16000100" },
        { "CONNACK 5, bad authentication method", V5, "20 03 00 8C 00" },
        { "PUBLISH 3.1.1 QoS 0", V3, "30 07 0003 612F62 6869" },
        { "PUBLISH 3.1.1 QoS 2, duplicate, retained, empty", V3, "3D 05 0001 61 0007" },
        { "PUBLISH 5 QoS 1", V5, "32 08 0001 61 000A 00 6869" },
        { "PUBLISH 5 QoS 0 by alias", V5, "30 07 0000 03 23 0002 21" },
        { "PUBLISH 5, all properties of a delivery", V5,
            "302E000161290101020000000A0300017408000172090002FF000B010BFF7F2300012600016B0001762600016B000021" },
        { "PUBACK 3.1.1", V3, "40 02 1234" },
        { "PUBACK 5, success", V5, "40 02 1234" },
        { "PUBACK 5, no matching subscribers", V5, "40 03 1234 10" },
        { "PUBREC 5, with its reason", V5, "50 09 0001 97 05 1F 0002 6E6F" },
        { "PUBREL 3.1.1", V3, "62 02 0001" },
        { "PUBREL 5, not found", V5, "62 03 0001 92" },
        { "PUBCOMP 5", V5, "70 02 FFFF" },
        { "SUBSCRIBE 3.1.1, two filters", V3, "82 0C 0001 0001 61 00 0003 622F23 02" },
        { "SUBSCRIBE 5, identifier and options", V5,
            "820C0002050BFFFFFF7F0001612D" },
        { "SUBACK 3.1.1", V3, "90 04 0001 00 80" },
        { "SUBACK 5", V5, "90 07 0001 00 02 87 8F 9E" },
        { "UNSUBSCRIBE 3.1.1", V3, "A2 05 0001 0001 61" },
        { "UNSUBSCRIBE 5, user property", V5, "A2 0D 0001 07 26 0001 6B 0001 76 0001 61" },
        { "UNSUBACK 3.1.1", V3, "B0 02 0001" },
        { "UNSUBACK 5", V5, "B0 05 0001 00 00 11" },
        { "PINGREQ", V3, "C0 00" },
        { "PINGRESP", V5, "D0 00" },
        { "DISCONNECT 3.1.1", V3, "E0 00" },
        { "DISCONNECT 5, normal", V5, "E0 00" },
        { "DISCONNECT 5, with will", V5, "E0 01 04" },
        { "DISCONNECT 5, session expiry", V5, "E0 07 00 05 11 0000000A" },
        { "DISCONNECT 5, another server", V5, "E0 09 9C 07 1C 0004 686F7374" },
        { "AUTH 5, continue", V5, "F0 0B 18 09 15 0001 6D 16 0002 0102" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void A_golden_packet_is_read_and_written_byte_for_byte(string says, byte version, string hex)
    {
        byte[] packet = MqttPackets.Bytes(hex);
        Assert.Equal((says, MqttReason.Success), (says, MqttPackets.Read(packet, (MqttVersion)version, out byte[] written)));
        Assert.Equal(Convert.ToHexString(packet), Convert.ToHexString(written));
    }

    // The last byte of a payload, or of filters, may be missing without a trace; of all else the length tells.
    [Theory]
    [MemberData(nameof(Golden))]
    public void A_truncated_packet_is_refused_or_is_another_whole_packet(string says, byte version, string hex)
    {
        byte[] packet = MqttPackets.Bytes(hex);
        for (int length = 0; length < packet.Length; length++)
        {
            Assert.Equal(MqttReason.MalformedPacket, MqttPackets.Read(packet.AsSpan(0, length), (MqttVersion)version, out _));

            // With a length that fits what is left.
            if (length >= 2)
            {
                byte[] shorter = packet[..length];
                shorter[1] = (byte)(length - 2);
                MqttReason fault = MqttPackets.Read(shorter, (MqttVersion)version, out byte[] written);
                if (fault == MqttReason.Success)
                {
                    Assert.True(written.AsSpan().SequenceEqual(shorter) || IsShorterForm(shorter, written), says);
                }
            }
        }
    }

    [Fact]
    public void Random_bytes_are_read_or_refused_and_what_is_read_is_written_again()
    {
        Gen.Select(Gen.Byte, Gen.Byte[0, 6].Array[0, 40], Gen.Bool).Sample(
            (first, body, isV5) => Check([first, (byte)body.Length, .. body], isV5 ? MqttVersion.V5 : MqttVersion.V311),
            iter: 50_000,
            threads: 1);
        Gen.Select(Gen.Byte, Gen.Byte.Array[0, 100], Gen.Bool).Sample(
            (first, body, isV5) => Check([first, (byte)body.Length, .. body], isV5 ? MqttVersion.V5 : MqttVersion.V311),
            iter: 20_000,
            threads: 1);
    }

    [Fact]
    public void A_golden_packet_with_any_byte_changed_is_read_or_refused()
    {
        Gen.Select(Gen.Int[0, Golden.Count - 1], Gen.Int[0, 1_000], Gen.Byte).Sample(
            (index, at, value) =>
            {
                (string _, byte version, string hex) = Golden.ElementAt(index).Data;
                byte[] packet = MqttPackets.Bytes(hex);
                packet[at % packet.Length] = value;
                Check(packet, (MqttVersion)version);
            },
            iter: 20_000,
            threads: 1);
    }

    [Fact]
    public void A_publish_and_its_acknowledgement_allocate_nothing()
    {
        byte[] target = new byte[256];
        byte[] topic = "a/topic"u8.ToArray();
        byte[] payload = new byte[64];
        long least = long.MaxValue;
        for (int window = 0; window < 10 && least > 0; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1_000; i++)
            {
                Exchange(target, topic, payload);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static void Exchange(byte[] target, byte[] topic, byte[] payload)
    {
        Span<byte> block = stackalloc byte[64];
        var properties = new MqttPropertyWriter(block);
        properties.UInt32(MqttProperty.MessageExpiry, 10);
        properties.User("k"u8, "v"u8);
        var packet = new PublishPacket
        {
            Qos = 1,
            PacketId = 7,
            Topic = topic,
            Payload = payload,
            Properties = properties.Written,
        };
        int size = packet.Write(target, MqttVersion.V5);
        MqttFixedHeader.TryRead(target, out MqttFixedHeader header);
        MqttReason fault = PublishPacket.TryRead(
            target.AsSpan(header.Size, header.Length), header.Flags, MqttVersion.V5, MqttPropertySets.Publish, out PublishPacket read);
        bool isSame = fault == MqttReason.Success
            && size == header.TotalSize
            && read.Payload.Length == payload.Length
            && read.Properties.Number(MqttProperty.MessageExpiry) == 10;
        size = new AckPacket { PacketId = 7 }.Write(target, MqttPacketType.Puback, MqttVersion.V5);
        fault = AckPacket.TryRead(target.AsSpan(2, size - 2), MqttPacketType.Puback, MqttVersion.V5, out AckPacket ack);
        Assert.True(isSame && fault == MqttReason.Success && ack.PacketId == 7);
    }

    private static void Check(byte[] packet, MqttVersion version)
    {
        if (MqttPackets.Read(packet, version, out byte[] written) == MqttReason.Success && !written.AsSpan().SequenceEqual(packet))
        {
            Assert.True(IsShorterForm(packet, written), Convert.ToHexString(packet));
        }
    }

    // A reason that says nothing may be left out, and is; and a property length of 0 behind it.
    private static bool IsShorterForm(byte[] packet, byte[] written)
    {
        var type = (MqttPacketType)(packet[0] >> 4);
        bool hasShortForm = type is MqttPacketType.Puback or MqttPacketType.Pubrec or MqttPacketType.Pubrel or MqttPacketType.Pubcomp
            or MqttPacketType.Disconnect or MqttPacketType.Auth;
        return hasShortForm && written.Length < packet.Length && packet.AsSpan(written.Length).IndexOfAnyExcept((byte)0) < 0
            && packet[0] == written[0] && packet.AsSpan(2, written.Length - 2).SequenceEqual(written.AsSpan(2));
    }
}
