using Nexo.Storage;

namespace Nexo.Bench.Micro;

/// <summary>A log that copies records as a real one does and forgets them: the engine's own cost of having
/// one.</summary>
internal sealed class DiscardingLog : ILogWriter, LogAppend.IEnd
{
    private readonly Lock _gate = new();
    private readonly byte[] _bytes = new byte[1 << 20];
    private int _length;
    private ulong _records;

    public Lsn AppendedLsn => new(Volatile.Read(ref _records));

    public LogRoom RoomFor(int payloadBytes) => LogRoom.Ok;

    public LogRoom RoomForRemoval(int payloadBytes) => LogRoom.Ok;

    public LogAppend Begin(byte kind, int payloadBytes)
    {
        _gate.Enter();
        _length = _length + payloadBytes > _bytes.Length ? 0 : _length;
        Span<byte> payload = _bytes.AsSpan(_length, payloadBytes);
        _length += payloadBytes;
        return new LogAppend(this, payload, new Lsn(++_records));
    }

    public void EndAppend() => _gate.Exit();
}
