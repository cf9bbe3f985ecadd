namespace Nexo.Server.Mqtt.Codec;

/// <summary>UNSUBSCRIBE (§3.10): <c>[u16 packetId]{properties}([str filter])+</c>.</summary>
internal ref struct UnsubscribePacket
{
    public ushort PacketId { get; set; }

    public MqttProperties Properties { get; set; }

    /// <summary>Filters, as they are sent.</summary>
    public ReadOnlySpan<byte> Items { get; set; }

    public int Count { get; set; }

    public static MqttReason TryRead(ReadOnlySpan<byte> body, MqttVersion version, out UnsubscribePacket packet)
    {
        packet = default;
        var reader = new MqttReader(body);
        packet.PacketId = reader.PacketId();
        if (version == MqttVersion.V5)
        {
            packet.Properties = MqttProperties.Read(ref reader, MqttPropertySets.Unsubscribe);
        }

        packet.Items = reader.Rest;
        while (!reader.AtEnd)
        {
            if (reader.Text().IsEmpty)
            {
                reader.Fail(MqttReason.ProtocolError);
            }

            packet.Count++;
        }

        if (packet.Count == 0)
        {
            reader.Fail(MqttReason.ProtocolError);
        }

        return reader.Fault;
    }

    public readonly Enumerator GetEnumerator() => new(Items);

    public readonly int Measure(MqttVersion version) => MqttFixedHeader.TotalOf(Length(version));

    public readonly int Write(Span<byte> target, MqttVersion version)
    {
        var writer = new MqttWriter(target);
        writer.Header(MqttPacketType.Unsubscribe, Length(version));
        writer.UInt16(PacketId);
        if (version == MqttVersion.V5)
        {
            writer.Properties(Properties);
        }

        writer.Bytes(Items);
        return writer.Written;
    }

    private readonly int Length(MqttVersion version) =>
        sizeof(ushort) + (version == MqttVersion.V5 ? Properties.Size : 0) + Items.Length;

    /// <summary>Goes over filters that were checked.</summary>
    public ref struct Enumerator(ReadOnlySpan<byte> items)
    {
        private MqttReader _reader = new(items);

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool MoveNext()
        {
            if (_reader.AtEnd)
            {
                return false;
            }

            Current = _reader.Text();
            return true;
        }
    }
}
