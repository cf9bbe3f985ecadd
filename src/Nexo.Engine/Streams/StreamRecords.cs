using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// <c>[u32 stream][u32 place][u64 revision][u8 nameBytes][name][u8 options]([u16 option][i64 value])*</c>; the place names the directory.
/// </summary>
internal readonly ref struct StreamDefinedRecord
{
    private const int HeaderBytes = 18;
    private const int OptionBytes = sizeof(ushort) + sizeof(long);

    public uint Stream { get; private init; }

    public uint Place { get; private init; }

    public ulong Revision { get; private init; }

    public ReadOnlySpan<byte> Name { get; private init; }

    public StreamOptions Options { get; private init; }

    public static int Bytes(ReadOnlySpan<byte> name) =>
        HeaderBytes + name.Length + (OptionBytes * StreamOptionTable.All.Length);

    public static void Write(
        Span<byte> payload, uint stream, uint place, ulong revision, ReadOnlySpan<byte> name, StreamOptions options)
    {
        var writer = new RecordWriter(payload);
        writer.U32(stream);
        writer.U32(place);
        writer.U64(revision);
        writer.U8((byte)name.Length);
        writer.Bytes(name);
        writer.U8((byte)StreamOptionTable.All.Length);
        foreach (StreamOptionRow row in StreamOptionTable.All)
        {
            writer.U16((ushort)row.Option);
            writer.I64(row.Of(options));
        }
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out StreamDefinedRecord record)
    {
        var reader = new RecordReader(payload);
        uint stream = reader.U32();
        uint place = reader.U32();
        ulong revision = reader.U64();
        ReadOnlySpan<byte> name = reader.Bytes(reader.U8());
        var given = new StreamOptionSet();
        int count = reader.U8();
        for (int i = 0; i < count && reader.Valid; i++)
        {
            var option = (StreamOption)reader.U16();
            long value = reader.I64();
            reader.Require(StreamOptionTable.TryWith(ref given, option, value));
        }

        reader.Require(stream != 0 && place != 0 && name.Length > 0);
        record = default;
        if (!reader.AtEnd)
        {
            return false;
        }

        record = new StreamDefinedRecord
        {
            Stream = stream,
            Place = place,
            Revision = revision,
            Name = name,
            Options = StreamOptionTable.Overlay(new StreamOptions(), given),
        };
        return true;
    }
}

/// <summary>
/// <c>[u32 stream][i64 firstOffset][u32 count][u8 flags]{u64 producer, u64 sequence}{i64 endOffset}(record)*</c>; flag 1: by an idempotent
/// producer; flag 2: of the offsets from the first to the end, those that have no record were compacted away.
/// </summary>
internal readonly ref struct StreamAppendedRecord
{
    /// <summary>More than a frame can bring, and what one record of the log can hold by far.</summary>
    public const int RecordsBytesMax = 256 * 1_024 * 1_024;

    private const int HeaderBytes = 17;
    private const byte HasProducer = 1;
    private const byte HasGaps = 2;

    public uint Stream { get; private init; }

    public long FirstOffset { get; private init; }

    public int Count { get; private init; }

    public StreamProducer? Producer { get; private init; }

    /// <summary>The offset behind it; null: its offsets follow each other.</summary>
    public long? EndOffset { get; private init; }

    /// <summary>In the form of <see cref="StreamRecordForm"/>, with ascending offsets.</summary>
    public ReadOnlySpan<byte> Records { get; private init; }

    public static int HeaderBytesOf(StreamProducer? producer, long? endOffset = null) =>
        HeaderBytes + (producer is null ? 0 : 2 * sizeof(ulong)) + (endOffset is null ? 0 : sizeof(long));

    /// <summary>Writes what stands before the records.</summary>
    public static void WriteHeader(
        Span<byte> payload, uint stream, long firstOffset, int count, StreamProducer? producer, long? endOffset = null)
    {
        var writer = new RecordWriter(payload);
        writer.U32(stream);
        writer.I64(firstOffset);
        writer.U32((uint)count);
        writer.U8((byte)((producer is null ? 0 : HasProducer) | (endOffset is null ? 0 : HasGaps)));
        if (producer is { } given)
        {
            writer.U64(given.Id);
            writer.U64(given.Sequence);
        }

        if (endOffset is { } end)
        {
            writer.I64(end);
        }
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out StreamAppendedRecord record)
    {
        var reader = new RecordReader(payload);
        uint stream = reader.U32();
        long firstOffset = reader.I64();
        uint count = reader.U32();
        byte flags = reader.U8();
        reader.Require(flags <= (HasProducer | HasGaps) && count <= int.MaxValue && (count > 0 || (flags & HasGaps) != 0));
        StreamProducer? producer = (flags & HasProducer) != 0 ? new StreamProducer(reader.U64(), reader.U64()) : null;
        long? endOffset = (flags & HasGaps) != 0 ? reader.I64() : null;
        record = new StreamAppendedRecord
        {
            Stream = stream,
            FirstOffset = firstOffset,
            Count = (int)count,
            Producer = producer,
            EndOffset = endOffset,
            Records = reader.Bytes(reader.Left),
        };
        return reader.AtEnd && record.AreWhole();
    }

    private bool AreWhole()
    {
        ReadOnlySpan<byte> rest = Records;
        long offset = FirstOffset - 1;
        for (int i = 0; i < Count; i++)
        {
            if (!StreamRecordForm.TryTake(ref rest, out StreamRecordView view)
                || (EndOffset is null ? view.Offset != offset + 1 : view.Offset <= offset)
                || !StreamRecordForm.TryParts(view.Present, view.Bytes[StreamRecordForm.HeaderBytes..], out _, out _))
            {
                return false;
            }

            offset = view.Offset;
        }

        return rest.IsEmpty && (EndOffset is not { } end || (end > offset && end > FirstOffset));
    }
}

/// <summary><c>[u32 stream][i64 first]</c>.</summary>
internal readonly record struct StreamTrimmedRecord(uint Stream, long First)
{
    public const int Size = sizeof(uint) + sizeof(long);

    public void Write(Span<byte> payload)
    {
        var writer = new RecordWriter(payload);
        writer.U32(Stream);
        writer.I64(First);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out StreamTrimmedRecord record)
    {
        var reader = new RecordReader(payload);
        record = new StreamTrimmedRecord(reader.U32(), reader.I64());
        return reader.AtEnd;
    }
}

/// <summary><c>[u32 stream][i64 first][32 B checkpoint]</c>.</summary>
internal readonly record struct StreamKeptRecord(uint Stream, long First, SegmentedLogCheckpoint Checkpoint)
{
    public const int Size = sizeof(uint) + sizeof(long) + SegmentedLogCheckpoint.Size;

    public void Write(Span<byte> payload)
    {
        var writer = new RecordWriter(payload);
        writer.U32(Stream);
        writer.I64(First);
        Span<byte> checkpoint = stackalloc byte[SegmentedLogCheckpoint.Size];
        Checkpoint.Encode(checkpoint);
        writer.Bytes(checkpoint);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out StreamKeptRecord record)
    {
        var reader = new RecordReader(payload);
        uint stream = reader.U32();
        long first = reader.I64();
        reader.Require(SegmentedLogCheckpoint.TryDecode(
            reader.Bytes(SegmentedLogCheckpoint.Size), out SegmentedLogCheckpoint checkpoint));
        record = new StreamKeptRecord(stream, first, checkpoint);
        return reader.AtEnd;
    }
}
