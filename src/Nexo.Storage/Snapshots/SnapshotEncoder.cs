using System.Buffers.Binary;

namespace Nexo.Storage;

/// <summary>
/// Makes the bytes of a snapshot or a backup, for any destination: begin records until <see cref="IsFull"/>, then
/// <see cref="Take()"/> what there is and send it; at the end <see cref="TakeLast"/>. Does no I/O, keeps no more than
/// what was not taken. For one thread at a time.
/// </summary>
public sealed class SnapshotEncoder : IRecordTarget, LogAppend.IEnd
{
    // Room for a full block and what may be added to it under one more lock.
    private const int BufferBytes = SnapshotFormat.BlockBytes + (128 * 1_024);

    private readonly ulong _logId;
    private readonly Lsn _position;
    private readonly uint _headerCrc;
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private int _blockStart;
    private int _used;
    private uint _blockRecords;
    private ulong _blocks;
    private long _takenBytes;
    private bool _appending;
    private bool _ended;

    /// <param name="position">The records give every change up to this one.</param>
    /// <param name="createdUnixMs">What the wall clock says.</param>
    public SnapshotEncoder(ulong logId, Lsn position, long createdUnixMs)
    {
        _logId = logId;
        _position = position;
        _headerCrc = new SnapshotHeader(logId, position, createdUnixMs).Write(_buffer);
        _blockStart = SnapshotFormat.HeaderBytes;
        _used = _blockStart + SnapshotFormat.BlockHeaderBytes;
    }

    /// <summary>Records so far.</summary>
    public long Records { get; private set; }

    /// <summary>Bytes so far: those taken, and those that wait.</summary>
    public long Bytes => _takenBytes + (_blockRecords > 0 ? _used : _blockStart);

    /// <summary>There is a block's worth to take.</summary>
    public bool IsFull => _used - _blockStart - SnapshotFormat.BlockHeaderBytes >= SnapshotFormat.BlockBytes;

    public LogAppend Begin(byte kind, int payloadBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadBytes);
        if (_appending || _ended)
        {
            throw new InvalidOperationException("A record was begun inside of another one, or behind the end.");
        }

        int start = _used + SnapshotFormat.RecordHeaderBytes;
        int end = checked(start + payloadBytes);
        EnsureRoom(end);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_used), (uint)payloadBytes);
        _buffer[start - 1] = kind;
        _used = end;
        _appending = true;
        return new LogAppend(this, _buffer.AsSpan(start, payloadBytes), _position);
    }

    /// <summary>Adds a whole record.</summary>
    public void Append(byte kind, ReadOnlySpan<byte> payload)
    {
        using LogAppend append = Begin(kind, payload.Length);
        payload.CopyTo(append.Payload);
    }

    void LogAppend.IEnd.EndAppend()
    {
        _appending = false;
        _blockRecords++;
        Records++;
    }

    /// <summary>
    /// The bytes of all records that were not taken yet, as one block (the first time with the snapshot's header before
    /// it). They are borrowed until the next record is begun.
    /// </summary>
    public ReadOnlyMemory<byte> Take() => Take(footer: false);

    /// <summary>The rest, and the footer. Nothing can be added any more.</summary>
    public ReadOnlyMemory<byte> TakeLast() => Take(footer: true);

    private ReadOnlyMemory<byte> Take(bool footer)
    {
        if (_appending || _ended)
        {
            throw new InvalidOperationException("A record is still open, or the end was taken already.");
        }

        int count = CloseBlock();
        if (footer)
        {
            EnsureRoom(count + SnapshotFormat.FooterBytes);
            long fileBytes = _takenBytes + count + SnapshotFormat.FooterBytes;
            new SnapshotFooter(_blocks, (ulong)Records, (ulong)fileBytes, _logId, _position)
                .Write(_buffer.AsSpan(count), _headerCrc);
            count += SnapshotFormat.FooterBytes;
            _ended = true;
        }

        ReadOnlyMemory<byte> taken = _buffer.AsMemory(0, count);
        _takenBytes += count;
        _blockStart = 0;
        _used = SnapshotFormat.BlockHeaderBytes;
        if (_buffer.Length > 2 * BufferBytes)
        {
            // A very long record made it grow; what was taken keeps the old one as long as it needs it.
            _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        }

        return taken;
    }

    /// <summary>Completes the block, if it holds anything; the answer is the bytes that are ready.</summary>
    private int CloseBlock()
    {
        if (_blockRecords == 0)
        {
            return _blockStart;
        }

        ReadOnlySpan<byte> payload = _buffer.AsSpan((_blockStart + SnapshotFormat.BlockHeaderBytes).._used);
        new SnapshotBlockHeader((uint)payload.Length, _blockRecords, _blocks, Crc32C.Of(payload))
            .Write(_buffer.AsSpan(_blockStart), _headerCrc);
        _blocks++;
        _blockRecords = 0;
        return _used;
    }

    private void EnsureRoom(int bytes)
    {
        if (bytes > _buffer.Length)
        {
            long wanted = Math.Max((long)bytes + SnapshotFormat.FooterBytes, _buffer.Length * 2L);
            byte[] larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(Array.MaxLength, wanted));
            _buffer.AsSpan(0, _used).CopyTo(larger);
            _buffer = larger;
        }
    }
}
