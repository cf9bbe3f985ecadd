using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Mqtt;

/// <summary>
/// What of MQTT's properties a message keeps as its headers, and the way back. A user property is the header of its name. Content type,
/// response topic and correlation data are the headers that other clients have for them; what has no such form, and a user property
/// that is called as one of these, is kept as it is in a header of its own, so that MQTT clients get what MQTT clients have sent.
/// </summary>
internal static class MqttHeaders
{
    private const int NameBytesMax = byte.MaxValue;
    private const int ItemOverhead = sizeof(byte) + sizeof(ushort);

    private static ReadOnlySpan<byte> ContentType => "content-type"u8;

    private static ReadOnlySpan<byte> ReplyTo => "reply-to"u8;

    private static ReadOnlySpan<byte> CorrelationId => "correlation-id"u8;

    // A user property as it is on the wire.
    private static ReadOnlySpan<byte> Property => "mqtt-property"u8;

    private static ReadOnlySpan<byte> PayloadFormat => "mqtt-payload-format"u8;

    // Of what is retained: the engine keeps headers, and nothing else that would tell.
    private static ReadOnlySpan<byte> Qos => "mqtt-qos"u8;

    private static ReadOnlySpan<byte> Reserved => "mqtt-"u8;

    /// <summary>Writes the headers of a message that is published; false: they are longer than a message may have.</summary>
    /// <param name="properties">Of the packet, or of a will.</param>
    /// <param name="retainedQos">Of what is retained; null: it is not.</param>
    /// <param name="target">Takes the block.</param>
    public static bool TryWrite(MqttProperties properties, byte? retainedQos, IBufferWriter<byte> target)
    {
        int total = 0;
        if (retainedQos is { } qos)
        {
            Write(target, Qos, [(byte)('0' + qos)], ref total);
        }

        foreach (MqttProperties.Item item in properties)
        {
            switch (item.Property)
            {
                case MqttProperty.ContentType:
                    Write(target, ContentType, item.Value, ref total);
                    break;
                case MqttProperty.ResponseTopic:
                    Write(target, ReplyTo, item.Value, ref total);
                    break;
                case MqttProperty.CorrelationData:
                    Write(target, CorrelationId, item.Value, ref total);
                    break;
                case MqttProperty.PayloadFormat:
                    Write(target, PayloadFormat, [(byte)('0' + item.Number)], ref total);
                    break;
                case MqttProperty.UserProperty when IsPlain(item.Name):
                    Write(target, item.Name, item.Value, ref total);
                    break;
                case MqttProperty.UserProperty:
                    if (!TryWriteRaw(target, item.Name, item.Value, ref total))
                    {
                        return false;
                    }

                    break;
            }
        }

        return total <= ushort.MaxValue;
    }

    /// <summary>Bytes of the properties that headers become, without their length.</summary>
    public static int Measure(ReadOnlySpan<byte> headers)
    {
        int size = 0;
        Parts seen = Parts.None;
        while (HeaderBlock.TryReadNext(ref headers, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            size += PartOf(name, value, ref seen) switch
            {
                Parts.None => 0,
                Parts.PayloadFormat => 2,
                Parts.User => 1 + sizeof(ushort) + name.Length + sizeof(ushort) + value.Length,
                Parts.Raw => 1 + value.Length,
                _ => 1 + sizeof(ushort) + value.Length,
            };
        }

        return size;
    }

    /// <summary>Writes the properties that headers become.</summary>
    public static void Write(scoped ref MqttWriter writer, ReadOnlySpan<byte> headers)
    {
        Parts seen = Parts.None;
        while (HeaderBlock.TryReadNext(ref headers, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            switch (PartOf(name, value, ref seen))
            {
                case Parts.ContentType:
                    Write(ref writer, MqttProperty.ContentType, value);
                    break;
                case Parts.ResponseTopic:
                    Write(ref writer, MqttProperty.ResponseTopic, value);
                    break;
                case Parts.CorrelationData:
                    Write(ref writer, MqttProperty.CorrelationData, value);
                    break;
                case Parts.PayloadFormat:
                    writer.Byte((byte)MqttProperty.PayloadFormat);
                    writer.Byte((byte)(value[0] - '0'));
                    break;
                case Parts.Raw:
                    writer.Byte((byte)MqttProperty.UserProperty);
                    writer.Bytes(value);
                    break;
                case Parts.User:
                    writer.Byte((byte)MqttProperty.UserProperty);
                    writer.Binary(name);
                    writer.Binary(value);
                    break;
            }
        }
    }

    /// <summary>The QoS of a message: as its publisher has said, or, of one of another protocol, 1.</summary>
    public static byte QosOf(in TopicMessage message, bool retained)
    {
        if (message.Qos != TopicQos.Unspecified)
        {
            return (byte)(message.Qos - TopicQos.AtMostOnce);
        }

        ReadOnlySpan<byte> headers = message.Headers;
        while (retained && HeaderBlock.TryReadNext(ref headers, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            if (name.SequenceEqual(Qos) && value is [>= (byte)'0' and <= (byte)'2'])
            {
                return (byte)(value[0] - '0');
            }
        }

        return 1;
    }

    private static void Write(scoped ref MqttWriter writer, MqttProperty property, scoped ReadOnlySpan<byte> value)
    {
        writer.Byte((byte)property);
        writer.Binary(value);
    }

    // Header names have 1 to 255 bytes, and some mean something else.
    private static bool IsPlain(ReadOnlySpan<byte> name) => name.Length is > 0 and <= NameBytesMax
        && !name.SequenceEqual(ContentType)
        && !name.SequenceEqual(ReplyTo)
        && !name.SequenceEqual(CorrelationId)
        && !name.StartsWith(Reserved);

    private static bool TryWriteRaw(
        IBufferWriter<byte> target, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ref int total)
    {
        int size = sizeof(ushort) + name.Length + sizeof(ushort) + value.Length;
        if (size > ushort.MaxValue)
        {
            return false;
        }

        WriteStart(target, Property, size);
        var writer = new MqttWriter(target.GetSpan(size));
        writer.Binary(name);
        writer.Binary(value);
        target.Advance(size);
        total += ItemOverhead + Property.Length + size;
        return true;
    }

    private static void Write(IBufferWriter<byte> target, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ref int total)
    {
        WriteStart(target, name, value.Length);
        target.Write(value);
        total += ItemOverhead + name.Length + value.Length;
    }

    private static void WriteStart(IBufferWriter<byte> target, ReadOnlySpan<byte> name, int valueLength)
    {
        Span<byte> start = target.GetSpan(ItemOverhead + name.Length);
        start[0] = (byte)name.Length;
        name.CopyTo(start[1..]);
        BinaryPrimitives.WriteUInt16LittleEndian(start[(1 + name.Length)..], (ushort)valueLength);
        target.Advance(ItemOverhead + name.Length);
    }

    /// <summary>Which property a header becomes. Those that are there once become user properties when they come again.</summary>
    private static Parts PartOf(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ref Parts seen)
    {
        Parts part = Named(name, value);
        if ((part & Parts.Once) != 0)
        {
            if ((seen & part) == 0)
            {
                seen |= part;
                return part;
            }

            part = Parts.User;
        }

        // A user property is text on either side; a header that is not cannot be told.
        return part == Parts.User && !(IsText(name) && IsText(value)) ? Parts.None : part;
    }

    private static Parts Named(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual(ContentType) && IsText(value))
        {
            return Parts.ContentType;
        }

        if (name.SequenceEqual(ReplyTo) && !value.IsEmpty && !value.ContainsAny((byte)'+', (byte)'#') && IsText(value))
        {
            return Parts.ResponseTopic;
        }

        if (name.SequenceEqual(CorrelationId))
        {
            return Parts.CorrelationData;
        }

        if (!name.StartsWith(Reserved))
        {
            return Parts.User;
        }

        if (name.SequenceEqual(PayloadFormat) && value is [(byte)'0' or (byte)'1'])
        {
            return Parts.PayloadFormat;
        }

        return name.SequenceEqual(Property) && IsRaw(value) ? Parts.Raw : Parts.None;
    }

    private static bool IsRaw(ReadOnlySpan<byte> value)
    {
        var reader = new MqttReader(value);
        reader.Text();
        reader.Text();
        return reader.End() == MqttReason.Success;
    }

    private static bool IsText(ReadOnlySpan<byte> value) => Utf8.IsValid(value) && !value.Contains((byte)0);

    [Flags]
    private enum Parts : byte
    {
        None = 0,
        ContentType = 1,
        ResponseTopic = 2,
        CorrelationData = 4,
        PayloadFormat = 8,
        Once = ContentType | ResponseTopic | CorrelationData | PayloadFormat,
        Raw = 16,
        User = 32,
    }
}
