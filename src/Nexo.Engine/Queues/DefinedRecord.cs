using System.Text;

namespace Nexo.Engine.Queues;

/// <summary>
/// <c>[u32 queue][u64 revision][u8 paused][u64 nextId][u8 nameBytes][name][u8 options]{[u16 option][i64 value]}[u8
/// targetBytes][target]</c>: the options that are numbers, in the order of their own, then the dead-letter target.
/// </summary>
internal readonly ref struct DefinedRecord
{
    private const int HeaderBytes = 24;
    private const int OptionBytes = sizeof(ushort) + sizeof(long);

    public uint Queue { get; private init; }

    public ulong Revision { get; private init; }

    public QueuePausedParts Paused { get; private init; }

    public ulong NextId { get; private init; }

    public ReadOnlySpan<byte> Name { get; private init; }

    public QueueOptions Options { get; private init; }

    public static int Bytes(ReadOnlySpan<byte> name, QueueOptions options) =>
        HeaderBytes + name.Length + (OptionBytes * QueueOptionTable.Numbers.Length)
        + Encoding.UTF8.GetByteCount(options.DeadLetterQueue);

    public static void Write(
        Span<byte> payload,
        uint queue,
        ulong revision,
        QueuePausedParts paused,
        ulong nextId,
        ReadOnlySpan<byte> name,
        QueueOptions options)
    {
        var writer = new RecordWriter(payload);
        writer.U32(queue);
        writer.U64(revision);
        writer.U8((byte)paused);
        writer.U64(nextId);
        writer.U8((byte)name.Length);
        writer.Bytes(name);
        writer.U8((byte)QueueOptionTable.Numbers.Length);
        foreach (QueueOptionRow row in QueueOptionTable.Numbers)
        {
            writer.U16((ushort)row.Option);
            writer.I64(row.Of(options));
        }

        byte[] target = Encoding.UTF8.GetBytes(options.DeadLetterQueue);
        writer.U8((byte)target.Length);
        writer.Bytes(target);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out DefinedRecord record)
    {
        var reader = new RecordReader(payload);
        uint queue = reader.U32();
        ulong revision = reader.U64();
        var paused = (QueuePausedParts)reader.U8();
        ulong nextId = reader.U64();
        ReadOnlySpan<byte> name = reader.Bytes(reader.U8());
        var given = new QueueOptionSet();
        int count = reader.U8();
        for (int i = 0; i < count && reader.Valid; i++)
        {
            var option = (QueueOption)reader.U16();
            long value = reader.I64();
            reader.Require(QueueOptionTable.TryWith(ref given, option, value));
        }

        ReadOnlySpan<byte> target = reader.Bytes(reader.U8());
        reader.Require(queue != 0 && nextId != 0 && name.Length > 0 && paused <= (QueuePausedParts)3);
        record = default;
        if (!reader.AtEnd)
        {
            return false;
        }

        given = given with { DeadLetterQueue = Encoding.UTF8.GetString(target) };
        record = new DefinedRecord
        {
            Queue = queue,
            Revision = revision,
            Paused = paused,
            NextId = nextId,
            Name = name,
            Options = QueueOptionTable.Overlay(new QueueOptions(), given),
        };
        return true;
    }
}
