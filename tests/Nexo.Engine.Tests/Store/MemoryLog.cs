using Nexo.Storage;

namespace Nexo.Engine.Tests.Store;

/// <summary>A log in memory. It can be cut as a crash cuts one, and says what it is told to about its room.</summary>
internal sealed class MemoryLog(int capacity = 1 << 16) : ILogWriter, LogAppend.IEnd
{
    private readonly Lock _gate = new();
    private readonly List<(byte Kind, int Start, int Length)> _records = new(capacity / 64);
    private byte[] _bytes = new byte[capacity];
    private int _length;

    public LogRoom Room { get; set; }

    /// <summary>What removals are told when it is full.</summary>
    public LogRoom RoomOfReserve { get; set; }

    /// <summary>The last record.</summary>
    public Lsn End => new((ulong)_records.Count);

    /// <summary>As <see cref="End"/>, beside writers.</summary>
    public Lsn AppendedLsn
    {
        get
        {
            lock (_gate)
            {
                return End;
            }
        }
    }

    /// <summary>Larger records find no room.</summary>
    public int RecordBytesMax { get; set; } = int.MaxValue;

    public LogRoom RoomFor(int payloadBytes) => payloadBytes > RecordBytesMax ? LogRoom.Full : Room;

    public LogRoom RoomForRemoval(int payloadBytes) => Room == LogRoom.Full ? RoomOfReserve : Room;

    public LogAppend Begin(byte kind, int payloadBytes)
    {
        _gate.Enter();
        if (_bytes.Length - _length < payloadBytes)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + payloadBytes));
        }

        Span<byte> payload = _bytes.AsSpan(_length, payloadBytes);
        payload.Fill(0xEE);
        _records.Add((kind, _length, payloadBytes));
        _length += payloadBytes;
        return new LogAppend(this, payload, End);
    }

    public void EndAppend() => _gate.Exit();

    /// <summary>Loses every record behind this one.</summary>
    public void Cut(Lsn last)
    {
        _records.RemoveRange((int)last.Value, _records.Count - (int)last.Value);
        _length = _records.Count == 0 ? 0 : _records[^1].Start + _records[^1].Length;
    }

    /// <summary>Gives the records behind this one.</summary>
    public void Replay(Lsn after, IRecordSink sink)
    {
        for (int i = (int)after.Value; i < _records.Count; i++)
        {
            (byte kind, int start, int length) = _records[i];
            sink.OnRecord(new Lsn((ulong)i + 1), kind, _bytes.AsSpan(start, length));
        }
    }

    public List<(byte Kind, string Hex)> Hex(Lsn after = default)
    {
        var list = new HexList();
        Replay(after, list);
        return list.Records;
    }

    private sealed class HexList : IRecordSink
    {
        public List<(byte Kind, string Hex)> Records { get; } = [];

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) =>
            Records.Add((kind, Convert.ToHexString(payload)));
    }
}

/// <summary>Keeps what a snapshot gives.</summary>
internal sealed class RecordList : IRecordSink
{
    private readonly List<(Lsn Lsn, byte Kind, byte[] Payload)> _records = [];

    public int Count => _records.Count;

    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) =>
        _records.Add((lsn, kind, payload.ToArray()));

    public void Replay(IRecordSink sink)
    {
        foreach ((Lsn lsn, byte kind, byte[] payload) in _records)
        {
            sink.OnRecord(lsn, kind, payload);
        }
    }
}
