using System.Buffers.Binary;

namespace Nexo.Engine.Streams;

/// <summary>
/// The form of a record, the same in the write-ahead log, in segments, in memory and on the wire, so that it is made once:
/// <c>[u32 bytes, of what follows][u64 offset][i64 timestamp][u8 present]{[u32 keyBytes][key]}[u16 headersBytes][headers][value]</c>. A
/// new one, as it comes, is <c>[u32 bytes][u8 present]{i64 timestamp}{[u32 keyBytes][key]}[u16 headersBytes][headers][value]</c>: what
/// is behind the timestamp is the same run of bytes. Bits of present: 1 the timestamp is the producer's, 2 there is a key, 128 a tombstone.
/// </summary>
public static class StreamRecordForm
{
    public const byte TimestampGiven = 1;
    public const byte KeyPresent = 2;
    public const byte Tombstone = 128;

    /// <summary>Bytes before key, headers and value.</summary>
    public const int HeaderBytes = LengthBytes + sizeof(ulong) + sizeof(long) + 1;

    internal const int LengthBytes = sizeof(uint);
    internal const int KeyLengthBytes = sizeof(uint);
    internal const int HeadersLengthBytes = sizeof(ushort);
    internal const int OffsetAt = LengthBytes;
    internal const int TimestampAt = OffsetAt + sizeof(ulong);
    internal const int PresentAt = TimestampAt + sizeof(long);
    internal const int NewHeaderBytes = LengthBytes + 1;
    private const byte AllPresent = TimestampGiven | KeyPresent | Tombstone;

    /// <summary>Takes the first record off a run; false: there is none, or what is there is none.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> run, out StreamRecordView record)
    {
        record = default;
        if (run.Length < HeaderBytes)
        {
            return false;
        }

        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(run);
        if (bytes > (uint)(run.Length - LengthBytes) || bytes < HeaderBytes - LengthBytes)
        {
            return false;
        }

        record = new StreamRecordView(run[..(LengthBytes + (int)bytes)]);
        run = run[(LengthBytes + (int)bytes)..];
        return true;
    }

    /// <summary>Looks at what stands behind the present bits of a record, new or not.</summary>
    internal static bool TryParts(byte present, ReadOnlySpan<byte> parts, out int keyBytes, out int headersBytes)
    {
        keyBytes = -1;
        headersBytes = 0;
        if ((present & ~AllPresent) != 0)
        {
            return false;
        }

        if ((present & KeyPresent) != 0)
        {
            if (parts.Length < KeyLengthBytes)
            {
                return false;
            }

            uint length = BinaryPrimitives.ReadUInt32LittleEndian(parts);
            if (length > (uint)(parts.Length - KeyLengthBytes))
            {
                return false;
            }

            keyBytes = (int)length;
            parts = parts[(KeyLengthBytes + keyBytes)..];
        }

        if (parts.Length < HeadersLengthBytes)
        {
            return false;
        }

        headersBytes = BinaryPrimitives.ReadUInt16LittleEndian(parts);
        return headersBytes <= parts.Length - HeadersLengthBytes
            && ((present & Tombstone) == 0 || parts.Length == HeadersLengthBytes + headersBytes);
    }

    internal static void WriteHeader(Span<byte> target, int bytes, long offset, long timestampMs, byte present)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, bytes - LengthBytes);
        BinaryPrimitives.WriteInt64LittleEndian(target[OffsetAt..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(target[TimestampAt..], timestampMs);
        target[PresentAt] = present;
    }
}

/// <summary>A record as it lies; its bytes are borrowed.</summary>
public readonly ref struct StreamRecordView
{
    internal StreamRecordView(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>All of it, as it goes out.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    public long Offset => BinaryPrimitives.ReadInt64LittleEndian(Bytes[StreamRecordForm.OffsetAt..]);

    /// <summary>Unix ms.</summary>
    public long TimestampMs => BinaryPrimitives.ReadInt64LittleEndian(Bytes[StreamRecordForm.TimestampAt..]);

    public byte Present => Bytes[StreamRecordForm.PresentAt];

    public bool HasKey => (Present & StreamRecordForm.KeyPresent) != 0;

    public bool IsTombstone => (Present & StreamRecordForm.Tombstone) != 0;

    /// <summary>Empty if there is none.</summary>
    public ReadOnlySpan<byte> Key
    {
        get
        {
            if (!HasKey)
            {
                return default;
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(Bytes[StreamRecordForm.HeaderBytes..]);
            return Bytes.Slice(StreamRecordForm.HeaderBytes + StreamRecordForm.KeyLengthBytes, length);
        }
    }

    /// <summary>The inside of the header block.</summary>
    public ReadOnlySpan<byte> Headers
    {
        get
        {
            ReadOnlySpan<byte> rest = Bytes[AfterKey..];
            int length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            return rest.Slice(StreamRecordForm.HeadersLengthBytes, length);
        }
    }

    public ReadOnlySpan<byte> Value => Bytes[(AfterKey + StreamRecordForm.HeadersLengthBytes + Headers.Length)..];

    private int AfterKey => StreamRecordForm.HeaderBytes + (HasKey ? StreamRecordForm.KeyLengthBytes + Key.Length : 0);
}
