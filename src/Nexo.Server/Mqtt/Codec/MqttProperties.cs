namespace Nexo.Server.Mqtt.Codec;

/// <summary>The properties of a packet: a block that was checked, or was written here.</summary>
internal readonly ref struct MqttProperties(ReadOnlySpan<byte> block)
{
    // Several of them may be there: user properties, and identifiers in what a server delivers.
    private const ulong Repeatable = 1UL << (int)MqttProperty.UserProperty;

    /// <summary>Without its length.</summary>
    public ReadOnlySpan<byte> Block { get; } = block;

    public bool IsEmpty => Block.IsEmpty;

    /// <summary>With its length.</summary>
    public int Size => MqttFixedHeader.LengthBytes(Block.Length) + Block.Length;

    /// <summary>Takes a block off a packet, and checks it.</summary>
    /// <param name="reader">At the length; it notes what is wrong.</param>
    /// <param name="allowed">Of <see cref="MqttPropertySets"/>.</param>
    public static MqttProperties Read(scoped ref MqttReader reader, ulong allowed)
    {
        int length = reader.Variable();
        if (length == 0)
        {
            return default;
        }

        ReadOnlySpan<byte> block = reader.Take(length);
        MqttReason fault = Check(block, allowed);
        if (fault != MqttReason.Success)
        {
            reader.Fail(fault);
            return default;
        }

        return new MqttProperties(block);
    }

    public Enumerator GetEnumerator() => new(Block);

    /// <summary>A number that is there once.</summary>
    public uint? Number(MqttProperty property)
    {
        foreach (Item item in this)
        {
            if (item.Property == property)
            {
                return item.Number;
            }
        }

        return null;
    }

    /// <summary>Text or bytes that are there once; false: they are not.</summary>
    public bool TryGet(MqttProperty property, out ReadOnlySpan<byte> value)
    {
        foreach (Item item in this)
        {
            if (item.Property == property)
            {
                value = item.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    private static MqttReason Check(ReadOnlySpan<byte> block, ulong allowed)
    {
        var items = new Enumerator(block);
        ulong seen = 0;
        ulong repeatable = allowed == MqttPropertySets.Delivery
            ? Repeatable | (1UL << (int)MqttProperty.SubscriptionIdentifier)
            : Repeatable;
        while (items.MoveNext())
        {
            int id = (int)items.Current.Property;
            ulong bit = id < 64 ? 1UL << id : 0;
            if ((allowed & bit) == 0 || (seen & bit & ~repeatable) != 0)
            {
                return MqttReason.ProtocolError;
            }

            seen |= bit;
            MqttReason fault = CheckValue(items.Current);
            if (fault != MqttReason.Success)
            {
                return fault;
            }
        }

        return items.Fault;
    }

    private static MqttReason CheckValue(in Item item) => item.Property switch
    {
        MqttProperty.PayloadFormat or MqttProperty.RequestProblemInformation or MqttProperty.RequestResponseInformation
            or MqttProperty.MaximumQos or MqttProperty.RetainAvailable or MqttProperty.WildcardSubscriptionAvailable
            or MqttProperty.SubscriptionIdentifierAvailable or MqttProperty.SharedSubscriptionAvailable
            when item.Number > 1 => MqttReason.ProtocolError,
        MqttProperty.ReceiveMaximum or MqttProperty.MaximumPacketSize or MqttProperty.SubscriptionIdentifier
            when item.Number == 0 => MqttReason.ProtocolError,
        MqttProperty.TopicAlias when item.Number == 0 => MqttReason.TopicAliasInvalid,
        _ => MqttReason.Success,
    };

    /// <summary>One property. Which parts it has is its kind's to say.</summary>
    public readonly ref struct Item
    {
        public MqttProperty Property { get; init; }

        public uint Number { get; init; }

        /// <summary>The name of a user property.</summary>
        public ReadOnlySpan<byte> Name { get; init; }

        public ReadOnlySpan<byte> Value { get; init; }
    }

    /// <summary>Goes over them in their order.</summary>
    public ref struct Enumerator(ReadOnlySpan<byte> block)
    {
        private MqttReader _reader = new(block);

        public Item Current { get; private set; }

        /// <summary>Why it has ended early.</summary>
        public readonly MqttReason Fault => _reader.Fault;

        public bool MoveNext()
        {
            if (_reader.AtEnd)
            {
                return false;
            }

            // An identifier is a variable byte integer, and all there are have one byte.
            var property = (MqttProperty)_reader.Byte();
            switch (property)
            {
                case MqttProperty.PayloadFormat:
                case MqttProperty.RequestProblemInformation:
                case MqttProperty.RequestResponseInformation:
                case MqttProperty.MaximumQos:
                case MqttProperty.RetainAvailable:
                case MqttProperty.WildcardSubscriptionAvailable:
                case MqttProperty.SubscriptionIdentifierAvailable:
                case MqttProperty.SharedSubscriptionAvailable:
                    Current = new Item { Property = property, Number = _reader.Byte() };
                    break;
                case MqttProperty.ServerKeepAlive:
                case MqttProperty.ReceiveMaximum:
                case MqttProperty.TopicAliasMaximum:
                case MqttProperty.TopicAlias:
                    Current = new Item { Property = property, Number = _reader.UInt16() };
                    break;
                case MqttProperty.MessageExpiry:
                case MqttProperty.SessionExpiry:
                case MqttProperty.WillDelay:
                case MqttProperty.MaximumPacketSize:
                    Current = new Item { Property = property, Number = _reader.UInt32() };
                    break;
                case MqttProperty.SubscriptionIdentifier:
                    Current = new Item { Property = property, Number = (uint)_reader.Variable() };
                    break;
                case MqttProperty.ContentType:
                case MqttProperty.ResponseTopic:
                case MqttProperty.AssignedClientIdentifier:
                case MqttProperty.AuthenticationMethod:
                case MqttProperty.ResponseInformation:
                case MqttProperty.ServerReference:
                case MqttProperty.ReasonString:
                    Current = new Item { Property = property, Value = _reader.Text() };
                    break;
                case MqttProperty.CorrelationData:
                case MqttProperty.AuthenticationData:
                    Current = new Item { Property = property, Value = _reader.Binary() };
                    break;
                case MqttProperty.UserProperty:
                    Current = new Item { Property = property, Name = _reader.Text(), Value = _reader.Text() };
                    break;
                default:
                    _reader.Fail(MqttReason.MalformedPacket);
                    break;
            }

            return _reader.Fault == MqttReason.Success;
        }
    }
}

/// <summary>Writes a block of properties, into memory that is large enough.</summary>
internal ref struct MqttPropertyWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;
    private MqttWriter _writer = new(target);

    /// <summary>What was written so far.</summary>
    public readonly MqttProperties Written => new(_target[.._writer.Written]);

    public void Byte(MqttProperty property, byte value)
    {
        _writer.Byte((byte)property);
        _writer.Byte(value);
    }

    public void UInt16(MqttProperty property, ushort value)
    {
        _writer.Byte((byte)property);
        _writer.UInt16(value);
    }

    public void UInt32(MqttProperty property, uint value)
    {
        _writer.Byte((byte)property);
        _writer.UInt32(value);
    }

    public void Variable(MqttProperty property, int value)
    {
        _writer.Byte((byte)property);
        _writer.Variable(value);
    }

    /// <summary>Text, or bytes.</summary>
    public void Binary(MqttProperty property, scoped ReadOnlySpan<byte> value)
    {
        _writer.Byte((byte)property);
        _writer.Binary(value);
    }

    public void User(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        _writer.Byte((byte)MqttProperty.UserProperty);
        _writer.Binary(name);
        _writer.Binary(value);
    }
}
