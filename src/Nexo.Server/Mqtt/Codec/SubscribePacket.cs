namespace Nexo.Server.Mqtt.Codec;

/// <summary>When the retained messages of a filter come (§3.8.3.1).</summary>
internal enum MqttRetainHandling : byte
{
    Always = 0,

    /// <summary>If the subscription was not there.</summary>
    WhenNew = 1,
    Never = 2,
}

/// <summary>The options of a subscription; MQTT 3.1.1 has the QoS alone.</summary>
/// <param name="Bits">As they are sent.</param>
internal readonly record struct MqttSubscribeOptions(byte Bits)
{
    private const byte NoLocalBit = 0x04;
    private const byte RetainAsPublishedBit = 0x08;
    private const byte ReservedBits = 0xC0;
    private const int HandlingShift = 4;

    public MqttSubscribeOptions(byte qos, bool noLocal, bool retainAsPublished, MqttRetainHandling handling)
        : this((byte)(qos | (noLocal ? NoLocalBit : 0) | (retainAsPublished ? RetainAsPublishedBit : 0) | ((int)handling << HandlingShift)))
    {
    }

    public byte Qos => (byte)(Bits & 0x03);

    public bool NoLocal => (Bits & NoLocalBit) != 0;

    public bool RetainAsPublished => (Bits & RetainAsPublishedBit) != 0;

    public MqttRetainHandling RetainHandling => (MqttRetainHandling)((Bits >> HandlingShift) & 0x03);

    /// <summary>What is wrong with them.</summary>
    public MqttReason Check(MqttVersion version)
    {
        if (Qos > 2 || (Bits & (version == MqttVersion.V5 ? ReservedBits : 0xFC)) != 0)
        {
            return MqttReason.MalformedPacket;
        }

        return RetainHandling > MqttRetainHandling.Never ? MqttReason.ProtocolError : MqttReason.Success;
    }
}

/// <summary>SUBSCRIBE (§3.8): <c>[u16 packetId]{properties}([str filter][u8 options])+</c>.</summary>
internal ref struct SubscribePacket
{
    public ushort PacketId { get; set; }

    public MqttProperties Properties { get; set; }

    /// <summary>Filters with their options, as they are sent.</summary>
    public ReadOnlySpan<byte> Items { get; set; }

    /// <summary>How many there are.</summary>
    public int Count { get; set; }

    private static ReadOnlySpan<byte> Share => "$share/"u8;

    public static MqttReason TryRead(ReadOnlySpan<byte> body, MqttVersion version, out SubscribePacket packet)
    {
        packet = default;
        var reader = new MqttReader(body);
        packet.PacketId = reader.PacketId();
        if (version == MqttVersion.V5)
        {
            packet.Properties = MqttProperties.Read(ref reader, MqttPropertySets.Subscribe);
        }

        packet.Items = reader.Rest;
        while (!reader.AtEnd)
        {
            ReadOnlySpan<byte> filter = reader.Text();
            var options = new MqttSubscribeOptions(reader.Byte());
            MqttReason fault = reader.Fault == MqttReason.Success ? options.Check(version) : MqttReason.Success;
            bool isForbidden = filter.IsEmpty || (options.NoLocal && filter.StartsWith(Share));
            if (fault != MqttReason.Success || isForbidden)
            {
                reader.Fail(fault == MqttReason.Success ? MqttReason.ProtocolError : fault);
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
        writer.Header(MqttPacketType.Subscribe, Length(version));
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

    public readonly ref struct Item(ReadOnlySpan<byte> filter, MqttSubscribeOptions options)
    {
        public ReadOnlySpan<byte> Filter { get; } = filter;

        public MqttSubscribeOptions Options { get; } = options;
    }

    /// <summary>Goes over filters that were checked.</summary>
    public ref struct Enumerator(ReadOnlySpan<byte> items)
    {
        private MqttReader _reader = new(items);

        public Item Current { get; private set; }

        public bool MoveNext()
        {
            if (_reader.AtEnd)
            {
                return false;
            }

            Current = new Item(_reader.Text(), new MqttSubscribeOptions(_reader.Byte()));
            return true;
        }
    }
}
