using System.Buffers.Binary;

namespace Nexo.Storage;

/// <summary>A record as it lies in a commit: <c>[u32 bytes of payload][u8 kind][payload]</c>.</summary>
internal static class LogRecord
{
    public const int HeaderSize = 5;

    public static void WriteHeader(Span<byte> record, byte kind, int payloadBytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(record, payloadBytes);
        record[4] = kind;
    }

    /// <summary>Bytes of a record that is known to be one, from its header.</summary>
    public static int SizeOf(ReadOnlySpan<byte> record) =>
        HeaderSize + BinaryPrimitives.ReadInt32LittleEndian(record);

    /// <summary>Takes the first record off; false if what lies there is none.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> records, out byte kind, out ReadOnlySpan<byte> payload)
    {
        kind = 0;
        payload = default;
        if (records.Length < HeaderSize)
        {
            return false;
        }

        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(records);
        if (bytes > (uint)(records.Length - HeaderSize))
        {
            return false;
        }

        kind = records[4];
        payload = records.Slice(HeaderSize, (int)bytes);
        records = records[(HeaderSize + (int)bytes)..];
        return true;
    }
}
