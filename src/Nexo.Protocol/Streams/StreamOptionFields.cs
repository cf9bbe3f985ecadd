using System.Buffers.Binary;

namespace Nexo.Protocol;

/// <summary>The options of a stream's definition. Each is a <c>u64</c> of eight bytes. Numbers are append-only.</summary>
public enum StreamOptionTag : ushort
{
    /// <summary>Records older than this go, in ms; 0: they stay.</summary>
    AgeMs = 1,

    /// <summary>Bytes beyond which the oldest records go; 0: no limit.</summary>
    Bytes = 2,

    /// <summary>Records beyond which the oldest go; 0: no limit.</summary>
    Records = 3,

    /// <summary>1: nothing goes by itself that a group has not read.</summary>
    ProtectGroups = 4,

    /// <summary>1: the last record of each key stays, those before it go in time.</summary>
    Compaction = 5,

    /// <summary>A <see cref="Protocol.Durability"/> but the server's default.</summary>
    Durability = 6,

    /// <summary>Key, headers and value of one record, in bytes.</summary>
    RecordBytesMax = 7,

    /// <summary>How far a producer's time may be from the server's, either way, in ms; 0: he may give none.</summary>
    TimestampBoundMs = 8,

    /// <summary>How long a tombstone stays after compaction has removed what was before it, in ms.</summary>
    TombstoneRetentionMs = 9,
}

/// <summary>
/// The options of a stream, as fields to the end of the body: <c>([u16 tag][u16 length][value])*</c>. Checked as
/// <see cref="QueueOptionFields"/> are; an unknown one is handed on.
/// </summary>
public ref struct StreamOptionFields
{
    private BodyReader _fields;

    /// <summary>Reads the options, which are the rest of the body.</summary>
    public static bool TryRead(scoped ref BodyReader reader, out StreamOptionFields options)
    {
        options = new StreamOptionFields { _fields = reader };
        return TaggedFields.AreOptions(reader, (ushort)StreamOptionTag.TombstoneRetentionMs, textTag: 0);
    }

    /// <summary>True for an option of this version.</summary>
    public static bool IsKnown(StreamOptionTag tag) =>
        tag is >= StreamOptionTag.AgeMs and <= StreamOptionTag.TombstoneRetentionMs;

    /// <summary>
    /// Takes the next option; false at the end. An unknown one has <paramref name="bytes"/>, the others a
    /// <paramref name="number"/>.
    /// </summary>
    public bool TryTake(out StreamOptionTag tag, out ulong number, out ReadOnlySpan<byte> bytes)
    {
        number = 0;
        bool read = TaggedFields.TryRead(ref _fields, out ushort raw, out bytes);
        tag = (StreamOptionTag)raw;
        if (read && IsKnown(tag))
        {
            number = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            bytes = default;
        }

        return read;
    }

    /// <summary>Writes one option.</summary>
    public static void Write(FrameBuffer buffer, StreamOptionTag tag, ulong number) =>
        TaggedFields.WriteOption(buffer, (ushort)tag, number);
}
