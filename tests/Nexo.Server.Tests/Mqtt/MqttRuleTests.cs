using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Tests.Mqtt;

/// <summary>What the specification forbids in a packet, clause by clause.</summary>
public sealed class MqttRuleTests
{
    private const byte V3 = (byte)MqttVersion.V311;
    private const byte V5 = (byte)MqttVersion.V5;

    [Theory]
    [InlineData("1.5.4 UTF-8: not well-formed", V5, "32 08 0001 FF 000A 00 6869", MqttReason.MalformedPacket)]
    [InlineData("1.5.4 UTF-8: a surrogate", V3, "30 05 0003 EDA080", MqttReason.MalformedPacket)]
    [InlineData("1.5.4 UTF-8: U+0000", V3, "30 05 0003 610062", MqttReason.MalformedPacket)]
    [InlineData("1.5.5 variable byte integer: longer than it must be", V5, "30 06 0001 61 8000 21", MqttReason.MalformedPacket)]
    [InlineData("1.5.5 variable byte integer: five bytes", V5, "30 08 0001 61 8080808001", MqttReason.MalformedPacket)]
    [InlineData("2.1.3 flags of SUBSCRIBE", V3, "80 06 0001 0001 61 00", MqttReason.MalformedPacket)]
    [InlineData("2.1.3 flags of UNSUBSCRIBE", V3, "A0 05 0001 0001 61", MqttReason.MalformedPacket)]
    [InlineData("2.1.3 flags of PUBREL", V5, "60 02 0001", MqttReason.MalformedPacket)]
    [InlineData("2.1.3 flags of PUBACK", V5, "42 02 0001", MqttReason.MalformedPacket)]
    [InlineData("2.1.3 flags of CONNECT", V3, "11 0D 0004 4D515454 04 02 003C 0001 63", MqttReason.MalformedPacket)]
    [InlineData("2.1.3 flags of PINGREQ", V3, "C1 00", MqttReason.MalformedPacket)]
    [InlineData("2.1.2 type 0", V3, "00 00", MqttReason.MalformedPacket)]
    [InlineData("2.2.1 packet identifier 0: PUBLISH", V5, "32 06 0001 61 0000 00", MqttReason.ProtocolError)]
    [InlineData("2.2.1 packet identifier 0: SUBSCRIBE", V3, "82 06 0000 0001 61 00", MqttReason.ProtocolError)]
    [InlineData("2.2.1 packet identifier 0: PUBREL", V5, "62 02 0000", MqttReason.ProtocolError)]
    [InlineData("2.2.2 an unknown property", V5, "30 07 0001 61 02 0400 21", MqttReason.MalformedPacket)]
    [InlineData("2.2.2 a property of another packet", V5, "30 09 0001 61 05 1100000001", MqttReason.ProtocolError)]
    [InlineData("2.2.2 a property twice", V5, "30 08 0001 61 04 0100 0101", MqttReason.ProtocolError)]
    [InlineData("2.2.2 a property that ends outside of the block", V5, "30 08 0001 61 02 0200 0000", MqttReason.MalformedPacket)]
    [InlineData("2.2.2 properties longer than the packet", V5, "30 05 0001 61 05 01", MqttReason.MalformedPacket)]
    [InlineData("3.1.0 bytes behind the payload", V3, "10 0E 0004 4D515454 04 02 003C 0001 63 00", MqttReason.MalformedPacket)]
    [InlineData("3.1.2.2 MQTT 3.1", V3, "10 0F 0006 4D5149736470 03 02 003C 0001 63", MqttReason.UnsupportedProtocolVersion)]
    [InlineData("3.1.2.2 a level of the future", V5, "10 0D 0004 4D515454 06 02 003C 0001 63", MqttReason.UnsupportedProtocolVersion)]
    [InlineData("3.1.2.1 another protocol", V3, "10 0D 0004 4D515455 04 02 003C 0001 63", MqttReason.UnsupportedProtocolVersion)]
    [InlineData("3.1.2.3 the reserved flag", V3, "10 0D 0004 4D515454 04 03 003C 0001 63", MqttReason.MalformedPacket)]
    [InlineData("3.1.2.6 will QoS without a will", V3, "10 0D 0004 4D515454 04 0A 003C 0001 63", MqttReason.MalformedPacket)]
    [InlineData("3.1.2.7 will retain without a will", V5, "10 0E 0004 4D515454 05 22 003C 00 0001 63", MqttReason.MalformedPacket)]
    [InlineData("3.1.2.6 will QoS 3", V3, "10 12 0004 4D515454 04 1E 003C 0001 63 0001 77 0000", MqttReason.MalformedPacket)]
    [InlineData("3.1.2.9 3.1.1: a password without a user", V3, "10 10 0004 4D515454 04 42 003C 0001 63 0001 70", MqttReason.MalformedPacket)]
    [InlineData("3.1.2.11.3 receive maximum 0", V5, "10 11 0004 4D515454 05 02 003C 03 210000 0001 63", MqttReason.ProtocolError)]
    [InlineData("3.1.2.11.4 maximum packet size 0", V5, "10 13 0004 4D515454 05 02 003C 05 2700000000 0001 63", MqttReason.ProtocolError)]
    [InlineData("3.1.2.11.7 request problem information 2", V5, "10 10 0004 4D515454 05 02 003C 02 1702 0001 63", MqttReason.ProtocolError)]
    [InlineData("3.1.2.11.10 authentication data without a method", V5,
        "10 12 0004 4D515454 05 02 003C 04 16000101 0001 63", MqttReason.ProtocolError)]
    [InlineData("3.1.2.11 an identifier of a subscription", V5, "10 10 0004 4D515454 05 02 003C 02 0B01 0001 63", MqttReason.ProtocolError)]
    [InlineData("3.1.3.2.7 a will's response topic with a wildcard", V5,
        "10 19 0004 4D515454 05 06 003C 00 0001 63 04 08000123 0001 77 0001 21", MqttReason.ProtocolError)]
    [InlineData("3.2.2.1 reserved acknowledge flags", V3, "20 02 02 00", MqttReason.MalformedPacket)]
    [InlineData("3.2.2.2 a session present where it was refused", V5, "20 03 01 87 00", MqttReason.ProtocolError)]
    [InlineData("3.2.2.3 an unknown return code", V3, "20 02 00 06", MqttReason.ProtocolError)]
    [InlineData("3.3.1.1 duplicate with QoS 0", V3, "38 03 0001 61", MqttReason.MalformedPacket)]
    [InlineData("3.3.1.2 QoS 3", V3, "36 05 0001 61 0001", MqttReason.MalformedPacket)]
    [InlineData("3.3.2.1 a wildcard in a topic", V3, "30 05 0003 612F23", MqttReason.TopicNameInvalid)]
    [InlineData("3.3.2.1 3.1.1: an empty topic", V3, "30 02 0000", MqttReason.MalformedPacket)]
    [InlineData("3.3.2.1 5: an empty topic without an alias", V5, "30 03 0000 00", MqttReason.ProtocolError)]
    [InlineData("3.3.2.3.2 payload format 2", V5, "30 06 0001 61 02 0102", MqttReason.ProtocolError)]
    [InlineData("3.3.2.3.4 topic alias 0", V5, "30 07 0001 61 03 230000", MqttReason.TopicAliasInvalid)]
    [InlineData("3.3.2.3.5 a response topic with a wildcard", V5, "30 0A 0001 61 06 080003612F2B", MqttReason.ProtocolError)]
    [InlineData("3.4.2.1 a reason that a PUBACK has not", V5, "40 03 0001 92", MqttReason.ProtocolError)]
    [InlineData("3.4.0 3.1.1: a reason", V3, "40 03 0001 00", MqttReason.MalformedPacket)]
    [InlineData("3.6.2.1 a reason that a PUBREL has not", V5, "62 03 0001 97", MqttReason.ProtocolError)]
    [InlineData("3.8.3 no filter", V3, "82 02 0001", MqttReason.ProtocolError)]
    [InlineData("3.8.3 no filter", V5, "82 03 0001 00", MqttReason.ProtocolError)]
    [InlineData("3.8.3 an empty filter", V3, "82 05 0001 0000 00", MqttReason.ProtocolError)]
    [InlineData("3.8.3.1 QoS 3", V5, "82 07 0001 00 0001 61 03", MqttReason.MalformedPacket)]
    [InlineData("3.8.3.1 reserved bits", V5, "82 07 0001 00 0001 61 40", MqttReason.MalformedPacket)]
    [InlineData("3.8.3.1 3.1.1: options of MQTT 5", V3, "82 06 0001 0001 61 04", MqttReason.MalformedPacket)]
    [InlineData("3.8.3.1 retain handling 3", V5, "82 07 0001 00 0001 61 30", MqttReason.ProtocolError)]
    [InlineData("3.8.3.1 no local of a shared subscription", V5,
        "82 10 0001 00 000A 2473686172652F672F61 04", MqttReason.ProtocolError)]
    [InlineData("3.8.2.1.2 subscription identifier 0", V5, "82 09 0001 02 0B00 0001 61 00", MqttReason.ProtocolError)]
    [InlineData("3.8.2.1.2 two subscription identifiers", V5, "82 0B 0001 04 0B010B02 0001 61 00", MqttReason.ProtocolError)]
    [InlineData("3.10.3 no filter", V3, "A2 02 0001", MqttReason.ProtocolError)]
    [InlineData("3.12 PINGREQ with a body", V3, "C0 01 00", MqttReason.MalformedPacket)]
    [InlineData("3.14 3.1.1: a reason", V3, "E0 01 00", MqttReason.MalformedPacket)]
    [InlineData("3.14.2.1 a reason that a DISCONNECT has not", V5, "E0 01 85", MqttReason.ProtocolError)]
    [InlineData("3.15 3.1.1 has no AUTH", V3, "F0 00", MqttReason.ProtocolError)]
    [InlineData("3.15.2.1 a reason that an AUTH has not", V5, "F0 01 87", MqttReason.ProtocolError)]
    public void A_packet_that_breaks_a_rule_is_refused_with_its_reason(string rule, byte version, string hex, object expected)
    {
        MqttReason fault = MqttPackets.Read(MqttPackets.Bytes(hex), (MqttVersion)version, out _);
        Assert.Equal((rule, (MqttReason)expected), (rule, fault));
    }

    [Theory]
    [InlineData("10 0F 0006 4D5149736470 03 02 003C 0001 63", MqttVersion.V311)]
    [InlineData("10 0D 0004 4D515454 06 02 003C 0001 63", MqttVersion.V5)]
    [InlineData("10 0D 0004 4D515454 03 02 003C 0001 63", MqttVersion.V311)]
    [InlineData("10 0D 0004 4D515455 04 02 003C 0001 63", (MqttVersion)0)]
    public void Another_version_is_refused_in_the_form_that_it_understands(string hex, object form)
    {
        Assert.Equal(MqttReason.UnsupportedProtocolVersion, ConnectPacket.TryRead(MqttPackets.Bytes(hex).AsSpan(2), out ConnectPacket packet));
        Assert.Equal((MqttVersion)form, packet.Version);
    }

    [Fact]
    public void Options_and_properties_are_what_their_bits_say()
    {
        var options = new MqttSubscribeOptions(2, noLocal: true, retainAsPublished: true, MqttRetainHandling.Never);
        Assert.Equal((0x2E, 2, true, true, MqttRetainHandling.Never),
            (options.Bits, options.Qos, options.NoLocal, options.RetainAsPublished, options.RetainHandling));
        byte[] connect = MqttPackets.Bytes("10 16 0004 4D515454 05 02 003C 08 11 FFFFFFFF 21 0014 0001 63");
        Assert.Equal(MqttReason.Success, ConnectPacket.TryRead(connect.AsSpan(2), out ConnectPacket packet));
        Assert.Equal(uint.MaxValue, packet.Properties.Number(MqttProperty.SessionExpiry));
        Assert.Equal(20U, packet.Properties.Number(MqttProperty.ReceiveMaximum));
        Assert.Null(packet.Properties.Number(MqttProperty.MaximumPacketSize));
        Assert.Equal(60, packet.KeepAliveSeconds);
        Assert.True(packet.IsClean);
    }
}
