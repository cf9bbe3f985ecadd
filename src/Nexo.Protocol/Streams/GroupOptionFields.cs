using System.Buffers.Binary;

namespace Nexo.Protocol;

/// <summary>
/// The options of a group. Each is a <c>u64</c> of eight bytes but for <see cref="DeadLetterStream"/>, which is a name. They
/// have a meaning for <see cref="GroupMode.SharedByKey"/> alone. Numbers are append-only.
/// </summary>
public enum GroupOptionTag : ushort
{
    /// <summary>Failures after which a record becomes a dead letter; 0: never.</summary>
    DeliveriesMax = 1,

    /// <summary>UTF-8: the stream that keeps the dead letters; empty: they are passed over, and counted.</summary>
    DeadLetterStream = 2,

    /// <summary>How long a member has a record, unless it has joined with a lease of its own, in ms.</summary>
    LeaseMs = 3,

    /// <summary>The pause after a failure, in ms.</summary>
    BackoffMs = 4,
}

/// <summary>
/// The options of a group, as fields to the end of the body: <c>([u16 tag][u16 length][value])*</c>. Checked as
/// <see cref="QueueOptionFields"/> are; an unknown one is handed on.
/// </summary>
public ref struct GroupOptionFields
{
    private BodyReader _fields;

    /// <summary>Reads the options, which are the rest of the body.</summary>
    public static bool TryRead(scoped ref BodyReader reader, out GroupOptionFields options)
    {
        options = new GroupOptionFields { _fields = reader };
        return TaggedFields.AreOptions(
            reader, (ushort)GroupOptionTag.BackoffMs, (ushort)GroupOptionTag.DeadLetterStream);
    }

    /// <summary>True for an option of this version.</summary>
    public static bool IsKnown(GroupOptionTag tag) =>
        tag is >= GroupOptionTag.DeliveriesMax and <= GroupOptionTag.BackoffMs;

    /// <summary>
    /// Takes the next option; false at the end. <see cref="GroupOptionTag.DeadLetterStream"/> and an unknown option have a
    /// <paramref name="text"/>, the others a <paramref name="number"/>.
    /// </summary>
    public bool TryTake(out GroupOptionTag tag, out ulong number, out ReadOnlySpan<byte> text)
    {
        number = 0;
        bool read = TaggedFields.TryRead(ref _fields, out ushort raw, out text);
        tag = (GroupOptionTag)raw;
        if (read && tag != GroupOptionTag.DeadLetterStream && IsKnown(tag))
        {
            number = BinaryPrimitives.ReadUInt64LittleEndian(text);
            text = default;
        }

        return read;
    }

    /// <summary>Writes one option that is a number.</summary>
    public static void Write(FrameBuffer buffer, GroupOptionTag tag, ulong number) =>
        TaggedFields.WriteOption(buffer, (ushort)tag, number);

    /// <summary>Writes one option that is a text, in UTF-8.</summary>
    /// <exception cref="OverflowException"><paramref name="text"/> has more than 65,535 bytes.</exception>
    public static void Write(FrameBuffer buffer, GroupOptionTag tag, ReadOnlySpan<byte> text) =>
        TaggedFields.WriteOption(buffer, (ushort)tag, text);
}
