using System.Buffers.Binary;

namespace Nexo.Protocol;

/// <summary>
/// The options of a definition, as fields to the end of the body: <c>([u16 tag][u16 length][value])*</c>. Checked whole on
/// reading: every known option has the width of its kind and comes once. An unknown one is handed on, since what it
/// means is the reader's: a server refuses it, a client passes over it.
/// </summary>
public ref struct QueueOptionFields
{
    private BodyReader _fields;

    /// <summary>Reads the options, which are the rest of the body.</summary>
    public static bool TryRead(scoped ref BodyReader reader, out QueueOptionFields options)
    {
        options = new QueueOptionFields { _fields = reader };
        return TaggedFields.AreOptions(reader, (ushort)QueueOptionTag.UnusedMs, (ushort)QueueOptionTag.DeadLetterQueue);
    }

    /// <summary>True for an option of this version.</summary>
    public static bool IsKnown(QueueOptionTag tag) => tag is >= QueueOptionTag.LeaseMs and <= QueueOptionTag.UnusedMs;

    /// <summary>
    /// Takes the next option; false at the end. <see cref="QueueOptionTag.DeadLetterQueue"/> and an unknown option have
    /// a <paramref name="text"/>, the others a <paramref name="number"/>.
    /// </summary>
    public bool TryTake(out QueueOptionTag tag, out ulong number, out ReadOnlySpan<byte> text)
    {
        number = 0;
        bool read = TaggedFields.TryRead(ref _fields, out ushort raw, out text);
        tag = (QueueOptionTag)raw;
        if (read && tag != QueueOptionTag.DeadLetterQueue && IsKnown(tag))
        {
            number = BinaryPrimitives.ReadUInt64LittleEndian(text);
            text = default;
        }

        return read;
    }

    /// <summary>Writes one option that is a number.</summary>
    public static void Write(FrameBuffer buffer, QueueOptionTag tag, ulong number) =>
        TaggedFields.WriteOption(buffer, (ushort)tag, number);

    /// <summary>Writes one option that is a text, in UTF-8.</summary>
    /// <exception cref="OverflowException"><paramref name="text"/> has more than 65,535 bytes.</exception>
    public static void Write(FrameBuffer buffer, QueueOptionTag tag, ReadOnlySpan<byte> text) =>
        TaggedFields.WriteOption(buffer, (ushort)tag, text);
}
