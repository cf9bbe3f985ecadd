namespace Nexo.Storage;

/// <content>Takes records: a lock, a header and a copy.</content>
public sealed partial class Wal
{
    private readonly Lock _appendLock = new();

    // All of these change under the append lock only.
    private LogBuffer _filling = new();
    private ulong _appended;
    private long _appendedBytes;
    private int _recordBytes;
    private bool _stopped;

    /// <inheritdoc/>
    public LogRoom RoomFor(int payloadBytes) => Ask(payloadBytes, isRemoval: false, isHeld: HoldsGrowth);

    /// <inheritdoc/>
    public LogRoom RoomForRemoval(int payloadBytes) => Ask(payloadBytes, isRemoval: true, isHeld: false);

    /// <inheritdoc/>
    public LogRoom RoomForUpkeep(int payloadBytes) => Ask(payloadBytes, isRemoval: false, isHeld: false);

    private LogRoom Ask(int payloadBytes, bool isRemoval, bool isHeld)
    {
        // What is appended to a log that is being closed is dropped: nobody may be told that it was taken.
        if (IsStopped || Volatile.Read(ref _closing))
        {
            return LogRoom.Failed;
        }

        if (isHeld)
        {
            return LogRoom.Full;
        }

        // In the segments that there are, else in one that the disk has room for: appends may be ahead of the writer.
        return Fits(payloadBytes, isRemoval) || (!Volatile.Read(ref _full) && FitsOnDisk(payloadBytes))
            ? LogRoom.Ok
            : LogRoom.Full;
    }

    /// <inheritdoc/>
    public LogAppend Begin(byte kind, int payloadBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            (uint)payloadBytes, (uint)ILogWriter.PayloadBytesMax, nameof(payloadBytes));
        _appendLock.Enter();
        Span<byte> record;
        int bytes = LogRecord.HeaderSize + payloadBytes;
        try
        {
            if (_stopped)
            {
                // Nobody takes them any more: memory must not grow.
                _filling.Clear();
            }

            record = _filling.Add(bytes);
        }
        catch
        {
            _appendLock.Exit();
            throw;
        }

        _recordBytes = bytes;
        LogRecord.WriteHeader(record, kind, payloadBytes);
        return new LogAppend(this, record[LogRecord.HeaderSize..], new Lsn(_appended + 1));
    }

    void LogAppend.IEnd.EndAppend()
    {
        long length = _filling.Length;
        long before = length - _recordBytes;
        if (before == 0)
        {
            _filling.FirstAt = _time.GetTimestamp();
        }

        Volatile.Write(ref _appendedBytes, _appendedBytes + _recordBytes);
        Volatile.Write(ref _appended, _appended + 1);

        // Exactly those two appends give the writer something new to think about.
        bool wake = before == 0 || (before < _options.WriteBytes && length >= _options.WriteBytes);
        _appendLock.Exit();
        if (wake)
        {
            Wake();
        }
    }
}
