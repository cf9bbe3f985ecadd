using System.Buffers.Binary;

namespace Nexo.Protocol;

/// <summary>
/// Which dead letters are meant, as fields to the end of the body: <c>([u16 tag][u16 length][value])*</c>. All that are
/// there must hold; without any, every dead letter is meant. Checked whole on reading.
/// </summary>
public ref struct DeadFilter
{
    private BodyReader _ids;

    /// <summary>The first tag that this version does not know, if there is one: the filter must not be used.</summary>
    public ushort? UnknownTag { get; private set; }

    /// <summary>How many ids there are; 0: any message.</summary>
    public int IdCount { get; private set; }

    public bool HasSource { get; private set; }

    public ReadOnlySpan<byte> Source { get; private set; }

    public DeadCause? Cause { get; private set; }

    /// <summary>UTF-8; empty: any reason.</summary>
    public ReadOnlySpan<byte> ReasonText { get; private set; }

    public long? DiedFrom { get; private set; }

    public long? DiedTo { get; private set; }

    public uint? AttemptsMin { get; private set; }

    /// <summary>Reads a filter, which is the rest of the body.</summary>
    public static bool TryRead(scoped ref BodyReader reader, out DeadFilter filter)
    {
        filter = new DeadFilter { _ids = reader };
        uint seen = 0;
        while (!reader.AtEnd)
        {
            if (!TaggedFields.TryRead(ref reader, out ushort tag, out ReadOnlySpan<byte> value))
            {
                return false;
            }

            uint bit = (DeadFilterTag)tag is > DeadFilterTag.MessageId and <= DeadFilterTag.AttemptsMin ? 1u << tag : 0;
            if ((seen & bit) != 0 || !filter.TrySet(tag, value))
            {
                return false;
            }

            seen |= bit;
        }

        return true;
    }

    /// <summary>Takes the next id; false at the end.</summary>
    public bool TryTakeId(out ulong messageId)
    {
        while (TaggedFields.TryRead(ref _ids, out ushort tag, out ReadOnlySpan<byte> value))
        {
            if ((DeadFilterTag)tag == DeadFilterTag.MessageId)
            {
                return BinaryPrimitives.TryReadUInt64LittleEndian(value, out messageId);
            }
        }

        messageId = 0;
        return false;
    }

    private bool TrySet(ushort tag, ReadOnlySpan<byte> value)
    {
        var number = new BodyReader(value);
        switch ((DeadFilterTag)tag)
        {
            case DeadFilterTag.MessageId:
                IdCount++;
                return value.Length == sizeof(ulong);
            case DeadFilterTag.Source:
                HasSource = true;
                Source = value;
                return true;
            case DeadFilterTag.Cause:
                bool hasCause = number.TryReadUInt16(out ushort cause) && number.AtEnd;
                Cause = (DeadCause)cause;
                return hasCause;
            case DeadFilterTag.ReasonText:
                ReasonText = value;
                return true;
            case DeadFilterTag.DiedFrom:
                bool hasFrom = number.TryReadInt64(out long from) && number.AtEnd;
                DiedFrom = from;
                return hasFrom;
            case DeadFilterTag.DiedTo:
                bool hasTo = number.TryReadInt64(out long to) && number.AtEnd;
                DiedTo = to;
                return hasTo;
            case DeadFilterTag.AttemptsMin:
                bool hasAttempts = number.TryReadUInt32(out uint attempts) && number.AtEnd;
                AttemptsMin = attempts;
                return hasAttempts;
            default:
                UnknownTag ??= tag;
                return true;
        }
    }
}

/// <summary>Writes the fields of a <see cref="DeadFilter"/>, one call for each.</summary>
public static class DeadFilterFields
{
    public static void WriteMessageId(FrameBuffer buffer, ulong messageId)
    {
        WriteStart(buffer, DeadFilterTag.MessageId, sizeof(ulong));
        buffer.WriteUInt64(messageId);
    }

    /// <exception cref="OverflowException"><paramref name="source"/> has more than 65,535 bytes.</exception>
    public static void WriteSource(FrameBuffer buffer, ReadOnlySpan<byte> source)
    {
        WriteStart(buffer, DeadFilterTag.Source, source.Length);
        buffer.Write(source);
    }

    public static void WriteCause(FrameBuffer buffer, DeadCause cause)
    {
        WriteStart(buffer, DeadFilterTag.Cause, sizeof(ushort));
        buffer.WriteUInt16((ushort)cause);
    }

    /// <exception cref="OverflowException"><paramref name="text"/> has more than 65,535 bytes.</exception>
    public static void WriteReasonText(FrameBuffer buffer, ReadOnlySpan<byte> text)
    {
        WriteStart(buffer, DeadFilterTag.ReasonText, text.Length);
        buffer.Write(text);
    }

    public static void WriteDiedFrom(FrameBuffer buffer, long time)
    {
        WriteStart(buffer, DeadFilterTag.DiedFrom, sizeof(long));
        buffer.WriteInt64(time);
    }

    public static void WriteDiedTo(FrameBuffer buffer, long time)
    {
        WriteStart(buffer, DeadFilterTag.DiedTo, sizeof(long));
        buffer.WriteInt64(time);
    }

    public static void WriteAttemptsMin(FrameBuffer buffer, uint attempts)
    {
        WriteStart(buffer, DeadFilterTag.AttemptsMin, sizeof(uint));
        buffer.WriteUInt32(attempts);
    }

    private static void WriteStart(FrameBuffer buffer, DeadFilterTag tag, int length)
    {
        ushort valueBytes = checked((ushort)length);
        buffer.WriteUInt16((ushort)tag);
        buffer.WriteUInt16(valueBytes);
    }
}
