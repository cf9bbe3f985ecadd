using System.Buffers.Binary;
using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <summary>
/// The records of one slice of a snapshot, copied under a shard's lock and given on without it. They lie as in the log:
/// <c>[u32 payloadBytes][u8 kind][payload]</c>.
/// </summary>
internal sealed class SnapshotBuffer : IHashSink, IBlobSink
{
    private const int HeaderBytes = 5;
    private const int KindAt = 4;
    private const int InitialBytes = 16 * 1_024;

    private byte[] _bytes = new byte[InitialBytes];
    private int _fieldsAt;
    private int _fields;
    private int _sliceAt;

    public int Length { get; private set; }

    /// <summary>Bytes since the slice has begun.</summary>
    public int SliceLength => Length - _sliceAt;

    /// <summary>Fields, members and elements in its records.</summary>
    public long Items { get; private set; }

    public int Records { get; private set; }

    /// <summary>What comes now is another slice; the records stay.</summary>
    public void BeginSlice() => _sliceAt = Length;

    /// <summary>A place for a payload, to be filled completely.</summary>
    public Span<byte> Add(StoreRecordKind kind, int payloadBytes)
    {
        EnsureRoom(HeaderBytes + payloadBytes);
        Span<byte> record = _bytes.AsSpan(Length, HeaderBytes + payloadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)payloadBytes);
        record[KindAt] = (byte)kind;
        Length += record.Length;
        Records++;
        return record[HeaderBytes..];
    }

    /// <summary>Begins a record of fields, which are then added to it.</summary>
    public void BeginFields(
        StoreRecordKind kind, ReadOnlySpan<byte> key, ulong version, long deadlineMs, bool anew)
    {
        _fieldsAt = Length;
        _fields = 0;
        Span<byte> payload = Add(kind, FieldsSetRecord.HeaderBytes + key.Length);
        FieldsSetRecord.WriteHeader(payload, version, deadlineMs, anew, count: 0, key);
    }

    /// <summary>Begins a record of elements, which are then added to it.</summary>
    public void BeginElements(ReadOnlySpan<byte> key, ulong version, long deadlineMs, in ElementPlan plan)
    {
        _fieldsAt = Length;
        _fields = 0;
        Span<byte> payload = Add(StoreRecordKind.ElementsSet, ElementsSetRecord.HeaderBytes + key.Length);
        ElementsSetRecord.WriteHeader(payload, version, deadlineMs, plan, key);
    }

    public bool Add(ReadOnlySpan<byte> item)
    {
        EnsureRoom(ElementsSetRecord.ElementHeaderBytes + item.Length);
        Length += FieldsRemovedRecord.WriteField(_bytes.AsSpan(Length), item);
        _fields++;
        Items++;
        return true;
    }

    /// <summary>Ends the record of elements: between their labels is this step.</summary>
    public void EndElements(int step)
    {
        Span<byte> payload = EndRecord();
        ElementsSetRecord.WriteCount(payload, _fields);
        ElementsSetRecord.WriteStep(payload, step);
    }

    public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        EnsureRoom(FieldsSetRecord.PairHeaderBytes + field.Length + value.Length);
        Length += FieldsSetRecord.WritePair(_bytes.AsSpan(Length), field, value);
        _fields++;
        Items++;
        return true;
    }

    /// <summary>Ends the record of fields; one without any is dropped.</summary>
    public void EndFields()
    {
        if (_fields == 0)
        {
            Length = _fieldsAt;
            Records--;
            return;
        }

        FieldsSetRecord.WriteCount(EndRecord(), _fields);
    }

    /// <summary>Gives the records to a sink and forgets them.</summary>
    public void Deliver(IRecordSink sink, Lsn position)
    {
        ReadOnlySpan<byte> rest = _bytes.AsSpan(0, Length);
        Length = 0;
        Records = 0;
        Items = 0;
        _sliceAt = 0;
        while (!rest.IsEmpty)
        {
            int bytes = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest);
            sink.OnRecord(position, rest[KindAt], rest.Slice(HeaderBytes, bytes));
            rest = rest[(HeaderBytes + bytes)..];
        }
    }

    /// <summary>Goes over the records, which stay.</summary>
    public SnapshotRecords GetEnumerator() => new(_bytes.AsSpan(0, Length));

    private Span<byte> EndRecord()
    {
        Span<byte> record = _bytes.AsSpan(_fieldsAt, Length - _fieldsAt);
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)(record.Length - HeaderBytes));
        return record[HeaderBytes..];
    }

    private void EnsureRoom(int bytes)
    {
        if (_bytes.Length - Length < bytes)
        {
            long wanted = Math.Max((long)Length + bytes, 2L * _bytes.Length);
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, wanted));
        }
    }
}

/// <summary>Where a snapshot goes on within a shard.</summary>
internal struct SnapshotPlace
{
    /// <summary>The last key that was copied; of a large hash perhaps in part.</summary>
    public KeyBuffer Last;

    /// <summary>No key is left behind it.</summary>
    public bool Done;

    /// <summary>That key has a table, and not all that is in it is copied.</summary>
    public bool InFields;

    /// <summary>Where in its table of fields.</summary>
    public uint FieldCursor;

    /// <summary>Of a list, the label of its last element that was copied.</summary>
    public long Label;
}
