using System.Buffers.Binary;

namespace Nexo.Protocol;

/// <summary>
/// A record of a stream: <c>[u32 bytes][u64 offset][i64 timestamp][u8 present]{u32 length, key}[u16 blockBytes][header
/// block][value, to the end of bytes]</c>; <c>bytes</c> counts what follows it. It is one run of bytes, which is the same on
/// disk, in memory and on the wire. It is checked before there is one of these; parts are looked up when they are asked for.
/// </summary>
public readonly ref struct StreamedRecord
{
    // Places of what is always there.
    private const int OffsetAt = sizeof(uint);
    private const int TimestampAt = OffsetAt + sizeof(ulong);
    private const int PartsAt = TimestampAt + sizeof(long);
    private const int StartSize = PartsAt + 1;

    private StreamedRecord(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>All of it, its size included.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    public ulong Offset => BinaryPrimitives.ReadUInt64LittleEndian(Bytes[OffsetAt..]);

    /// <summary>In ms since the Unix epoch.</summary>
    public long Timestamp => BinaryPrimitives.ReadInt64LittleEndian(Bytes[TimestampAt..]);

    public RecordParts Parts => (RecordParts)Bytes[PartsAt];

    public bool HasKey => (Parts & RecordParts.Key) != 0;

    /// <summary>It says that its key has no value any more.</summary>
    public bool IsTombstone => (Parts & RecordParts.Tombstone) != 0;

    /// <summary>Empty when it has none.</summary>
    public ReadOnlySpan<byte> Key => HasKey ? Bytes.Slice(StartSize + sizeof(uint), KeyBytes) : default;

    /// <summary>A header block without its leading size, checked.</summary>
    public ReadOnlySpan<byte> Headers => Bytes.Slice(HeadersAt + sizeof(ushort), HeaderBytes);

    public ReadOnlySpan<byte> Value => Bytes[(HeadersAt + sizeof(ushort) + HeaderBytes)..];

    private int KeyBytes => BinaryPrimitives.ReadInt32LittleEndian(Bytes[StartSize..]);

    private int HeadersAt => StartSize + (HasKey ? sizeof(uint) + KeyBytes : 0);

    private int HeaderBytes => BinaryPrimitives.ReadUInt16LittleEndian(Bytes[HeadersAt..]);

    /// <summary>Bytes of a record with a key, headers and a value of these sizes.</summary>
    public static long Measure(RecordParts parts, int keyBytes, int headerBytes, int valueBytes) =>
        StartSize + RecordForm.SizeOf(parts, keyBytes, headerBytes, valueBytes);

    /// <summary>Writes a record. A server copies those that it has.</summary>
    /// <exception cref="OverflowException">It is larger than any frame, or its headers than 65,535 bytes; nothing was
    /// written.</exception>
    public static void Write(
        FrameBuffer buffer,
        ulong offset,
        long timestamp,
        RecordParts parts,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> headers,
        ReadOnlySpan<byte> value)
    {
        uint bytes = checked((uint)(Measure(parts, key.Length, headers.Length, value.Length) - sizeof(uint)));
        _ = checked((ushort)headers.Length);
        buffer.WriteUInt32(bytes);
        buffer.WriteUInt64(offset);
        buffer.WriteInt64(timestamp);
        buffer.WriteByte((byte)parts);
        RecordForm.Write(buffer, parts, key, headers, value);
    }

    /// <summary>Takes the next record off a run that was checked, such as a copy of <see cref="RecordRun.Bytes"/>; false at the
    /// end.</summary>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> run, out StreamedRecord record)
    {
        record = default;
        if (run.IsEmpty)
        {
            return false;
        }

        int size = sizeof(uint) + BinaryPrimitives.ReadInt32LittleEndian(run);
        record = new StreamedRecord(run[..size]);
        run = run[size..];
        return true;
    }

    /// <summary>Checks the next record.</summary>
    internal static bool TrySkip(scoped ref BodyReader reader)
    {
        if (!reader.TryReadUInt32(out uint bytes)
            || !reader.TryReadBytes(bytes, out ReadOnlySpan<byte> item)
            || item.Length < StartSize - sizeof(uint))
        {
            return false;
        }

        var parts = (RecordParts)item[PartsAt - sizeof(uint)];
        var inner = new BodyReader(item[(StartSize - sizeof(uint))..]);
        return RecordForm.AreKnown(parts) && RecordForm.TryRead(ref inner, parts, out _, out _, out _);
    }

    /// <summary>Takes the next record of those that were checked.</summary>
    internal static bool TryTake(scoped ref BodyReader reader, out StreamedRecord record)
    {
        ReadOnlySpan<byte> rest = reader.Rest;
        record = default;
        if (!reader.TryReadUInt32(out uint bytes) || !reader.TryReadBytes(bytes, out _))
        {
            return false;
        }

        record = new StreamedRecord(rest[..(sizeof(uint) + (int)bytes)]);
        return true;
    }
}
