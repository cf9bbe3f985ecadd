using System.Buffers.Binary;
using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <summary>
/// Gathers what is logged under one hold of several shards, so that it becomes one record: all of it is recovered, or
/// none. A single record is written as it is.
/// </summary>
internal sealed class TogetherLog : ILogWriter, LogAppend.IEnd
{
    private const int BytesKept = 64 * 1_024;

    private ILogWriter? _log;
    private byte[] _bytes = new byte[1_024];
    private int _length;
    private int _records;

    public Lsn AppendedLsn => _log!.AppendedLsn;

    public void Open(ILogWriter log) => _log = log;

    public LogRoom RoomFor(int payloadBytes) =>
        Sum(payloadBytes) is var sum && sum > ILogWriter.PayloadBytesMax ? LogRoom.Full : _log!.RoomFor((int)sum);

    public LogRoom RoomForRemoval(int payloadBytes) =>
        Sum(payloadBytes) is var sum && sum > ILogWriter.PayloadBytesMax ? LogRoom.Full : _log!.RoomForRemoval((int)sum);

    public LogAppend Begin(byte kind, int payloadBytes)
    {
        int bytes = TogetherRecord.HeaderBytes + payloadBytes;
        if (_bytes.Length - _length < bytes)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, (long)_length + bytes)));
        }

        Span<byte> record = _bytes.AsSpan(_length, bytes);
        TogetherRecord.WriteHeader(record, kind, payloadBytes);
        _length += bytes;
        _records++;
        return new LogAppend(this, record[TogetherRecord.HeaderBytes..], default);
    }

    public void EndAppend()
    {
        // The record is in its place already.
    }

    /// <summary>Writes what has come to the log, and forgets it.</summary>
    public void Close()
    {
        ReadOnlySpan<byte> records = _bytes.AsSpan(0, _length);
        if (_records > 1)
        {
            Append(StoreRecordKind.Together, records);
        }
        else if (TogetherRecord.TryTake(ref records, out byte kind, out ReadOnlySpan<byte> payload))
        {
            Append((StoreRecordKind)kind, payload);
        }

        _log = null;
        _length = 0;
        _records = 0;
        if (_bytes.Length > BytesKept)
        {
            _bytes = new byte[BytesKept];
        }
    }

    private void Append(StoreRecordKind kind, ReadOnlySpan<byte> payload)
    {
        using LogAppend append = _log!.Begin((byte)kind, payload.Length);
        payload.CopyTo(append.Payload);
    }

    private long Sum(int payloadBytes) => (long)_length + payloadBytes + TogetherRecord.HeaderBytes;
}

/// <summary><c>([u32 bytes][u8 kind][payload])*</c>: as records lie in the log.</summary>
internal static class TogetherRecord
{
    public const int HeaderBytes = 5;

    private const int KindAt = 4;

    public static void WriteHeader(Span<byte> target, byte kind, int payloadBytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)payloadBytes);
        target[KindAt] = kind;
    }

    /// <summary>Takes the next record off; false: there is none that is whole.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> records, out byte kind, out ReadOnlySpan<byte> payload)
    {
        kind = 0;
        payload = default;
        if (records.Length < HeaderBytes)
        {
            return false;
        }

        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(records);
        if (bytes > (uint)(records.Length - HeaderBytes))
        {
            return false;
        }

        kind = records[KindAt];
        payload = records.Slice(HeaderBytes, (int)bytes);
        records = records[(HeaderBytes + (int)bytes)..];
        return true;
    }

    /// <summary>Whether these are whole records of entries, more than one.</summary>
    public static bool IsValid(ReadOnlySpan<byte> records)
    {
        int count = 0;
        while (TryTake(ref records, out byte kind, out ReadOnlySpan<byte> payload))
        {
            if (!StoreRecords.TryReadKey((StoreRecordKind)kind, payload, out _))
            {
                return false;
            }

            count++;
        }

        return records.IsEmpty && count > 1;
    }
}
