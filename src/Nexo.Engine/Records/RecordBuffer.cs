using System.Buffers.Binary;
using Nexo.Storage;

namespace Nexo.Engine;

/// <summary>
/// The records of one slice of a snapshot, copied under a shard's lock and given on without it:
/// <c>[u32 payloadBytes][u8 kind][payload]</c>.
/// </summary>
internal sealed class RecordBuffer
{
    private const int HeaderBytes = 5;
    private const int KindAt = 4;
    private const int InitialBytes = 16 * 1_024;

    private byte[] _bytes = new byte[InitialBytes];

    public int Length { get; private set; }

    /// <summary>A place for a payload, to be filled completely.</summary>
    public Span<byte> Add(byte kind, int payloadBytes)
    {
        int needed = HeaderBytes + payloadBytes;
        if (_bytes.Length - Length < needed)
        {
            long wanted = Math.Max((long)Length + needed, 2L * _bytes.Length);
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, wanted));
        }

        Span<byte> record = _bytes.AsSpan(Length, needed);
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)payloadBytes);
        record[KindAt] = kind;
        Length += needed;
        return record[HeaderBytes..];
    }

    /// <summary>Gives the records to a sink and forgets them.</summary>
    public void Deliver(IRecordSink sink, Lsn position)
    {
        ReadOnlySpan<byte> rest = _bytes.AsSpan(0, Length);
        Length = 0;
        while (!rest.IsEmpty)
        {
            int bytes = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest);
            sink.OnRecord(position, rest[KindAt], rest.Slice(HeaderBytes, bytes));
            rest = rest[(HeaderBytes + bytes)..];
        }
    }
}
