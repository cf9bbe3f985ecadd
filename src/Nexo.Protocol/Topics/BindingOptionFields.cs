namespace Nexo.Protocol;

/// <summary>The options of a binding. Numbers are append-only.</summary>
public enum BindingOptionTag : ushort
{
    /// <summary>
    /// <c>u8</c>, 1: the topic is the record's key in a stream, the message's group in a queue; 0, the default: it is not.
    /// </summary>
    KeyByTopic = 1,
}

/// <summary>
/// The options of a binding, as fields to the end of the body: <c>([u16 tag][u16 length][value])*</c>. Checked whole on
/// reading: every known option has the width of its kind and comes once. Of unknown ones the first is told, since what it means
/// is the reader's: a server refuses it, a client passes over it.
/// </summary>
public readonly ref struct BindingOptionFields
{
    /// <summary>Null: it is not there, which is false.</summary>
    public bool? KeyByTopic { get; private init; }

    /// <summary>The first tag that this version does not know, null when there is none.</summary>
    public ushort? UnknownTag { get; private init; }

    /// <summary>Reads the options, which are the rest of the body.</summary>
    public static bool TryRead(scoped ref BodyReader reader, out BindingOptionFields options)
    {
        bool? keyByTopic = null;
        ushort? unknownTag = null;
        options = default;
        while (!reader.AtEnd)
        {
            if (!TaggedFields.TryRead(ref reader, out ushort tag, out ReadOnlySpan<byte> value))
            {
                return false;
            }

            if (tag != (ushort)BindingOptionTag.KeyByTopic)
            {
                unknownTag ??= tag;
                continue;
            }

            if (keyByTopic is not null || value.Length != sizeof(byte))
            {
                return false;
            }

            keyByTopic = value[0] != 0;
        }

        options = new BindingOptionFields { KeyByTopic = keyByTopic, UnknownTag = unknownTag };
        return true;
    }

    public static void WriteKeyByTopic(FrameBuffer buffer, bool keyByTopic)
    {
        buffer.WriteUInt16((ushort)BindingOptionTag.KeyByTopic);
        buffer.WriteUInt16(sizeof(byte));
        buffer.WriteByte(keyByTopic ? (byte)1 : (byte)0);
    }
}
