using System.Buffers.Binary;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Streams;

/// <summary>
/// Reads streams from their beginnings and follows them, and compares each record with what was appended. Records are read
/// where they lie, without waiting for the whole of a push.
/// </summary>
internal sealed class StreamFollower : StreamConnection
{
    /// <summary>Records of a stream that may be on their way.</summary>
    public const int Credits = 256 * 1_024;

    private const int CreditsAtOnce = Credits / 4;
    private const uint FirstSubscription = BenchConnector.GreetingCorrelation + 1;
    private const int CorrelationOffset = FrameHeader.Size - sizeof(uint);

    // Before the records of a push: [u64 continueAt][u32 count].
    private const int PushStartBytes = FrameHeader.Size + sizeof(ulong) + sizeof(uint);
    private const int CountOffset = FrameHeader.Size + sizeof(ulong);

    // Places in a record: [u32 bytes][u64 offset][i64 timestamp][u8 present][u16 blockBytes][value].
    private const int OffsetOffset = 4;
    private const int PresentOffset = 20;
    private const int ValueOffset = 23;

    // The second word of a push's header: [u16 opcode][u8 kind][u8 flags].
    private static readonly uint Pushed =
        (uint)(BenchFrames.WordOf(Opcode.StreamTail, FrameKind.Push, FrameHeader.Size) >> 32);

    private readonly FollowedStream[] _streams;
    private readonly IReadOnlyList<byte[]> _names;
    private readonly byte[] _value;
    private readonly int _recordBytes;
    private FollowedStream _current;
    private uint _currentSubscription;
    private uint _left;
    private int _run;
    private long _runSentAt;

    /// <param name="names">Of all streams.</param>
    /// <param name="streams">Those that it reads: a subscription for each.</param>
    /// <param name="value">Every value but for its head.</param>
    public StreamFollower(
        int id,
        BenchLink link,
        ReadinessQueue ready,
        StreamTraffic traffic,
        IReadOnlyList<byte[]> names,
        IReadOnlyList<int> streams,
        byte[] value,
        int frameBytesMax)
        : base(id, link, ready, traffic, frameBytesMax)
    {
        _names = names;
        _streams = [.. streams.Select(number => new FollowedStream(number))];
        _current = _streams[0];
        _value = value;
        _recordBytes = ValueOffset + value.Length;
    }

    /// <summary>Opens the subscriptions; once.</summary>
    public void Open()
    {
        using var buffer = new FrameBuffer();
        for (int i = 0; i < _streams.Length; i++)
        {
            buffer.Begin(Opcode.StreamTail, FrameKind.Request, FirstSubscription + (uint)i);
            new StreamTailRequest
            {
                Credits = Credits,
                From = new StreamPosition(PositionKind.Beginning),
                Stream = _names[_streams[i].Number],
            }.Write(buffer);
            buffer.End();
        }

        Send(buffer.Written.Span);
    }

    protected override int Read(ReadOnlySpan<byte> bytes, long now)
    {
        int at = 0;
        int taken;
        do
        {
            taken = _left > 0 ? ReadRecords(bytes[at..], now) : ReadFrameStart(bytes[at..]);
            at += taken;
        }
        while (taken > 0);

        EndRun(now);
        return at;
    }

    protected override int SizeOf(ReadOnlySpan<byte> beginning) => _left > 0 ? _recordBytes : base.SizeOf(beginning);

    protected override void ReadUnusual(FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Opcode == Opcode.StreamTail && header.Kind is FrameKind.Error or FrameKind.End)
        {
            throw new CliFailure(
                ExitCode.Refused,
                "refused",
                $"The server {(header.Kind == FrameKind.End ? "ended" : "refused")} a reader: {BenchFrames.MessageOf(body)}.");
        }

        if (header.Opcode != Opcode.StreamTail || header.Kind != FrameKind.Reply)
        {
            throw OutOfOrder(header);
        }
    }

    private int ReadFrameStart(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < FrameHeader.Size)
        {
            return 0;
        }

        ulong word = BinaryPrimitives.ReadUInt64LittleEndian(frame);
        if ((uint)(word >> 32) != Pushed)
        {
            return LookAt(frame);
        }

        if (frame.Length < PushStartBytes)
        {
            return 0;
        }

        _currentSubscription = BinaryPrimitives.ReadUInt32LittleEndian(frame[CorrelationOffset..]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(frame[CountOffset..]);
        uint index = _currentSubscription - FirstSubscription;
        long size = (long)(uint)word + FrameHeader.LengthFieldSize;
        if (index >= (uint)_streams.Length || size != PushStartBytes + ((long)count * _recordBytes))
        {
            throw new CliFailure(
                ExitCode.Refused, "mismatch", $"The server sent {count} records in {size} bytes, which are not those of the run.");
        }

        _current = _streams[index];
        _left = count;
        return PushStartBytes;
    }

    private int ReadRecords(ReadOnlySpan<byte> bytes, long now)
    {
        int count = (int)Math.Min((uint)(bytes.Length / _recordBytes), _left);
        OffsetLedger ledger = Traffic.LedgerOf(_current.Number);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> record = bytes.Slice(i * _recordBytes, _recordBytes);
            MessageHead head = MessageHead.Read(record[ValueOffset..]);
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(record[OffsetOffset..]);
            bool isRight = BinaryPrimitives.ReadInt32LittleEndian(record) == _recordBytes - sizeof(uint)
                && !record[PresentOffset..ValueOffset].ContainsAnyExcept((byte)0)
                && offset == _current.Next
                && record[(ValueOffset + MessageHead.Size)..].SequenceEqual(_value.AsSpan(MessageHead.Size))
                && ledger.Agrees(offset, head.Sequence);
            Traffic.Mismatches += isRight ? 0 : 1;
            _current.Next = offset + 1;
            Count(head.SentAt, now);
        }

        Traffic.AddRead(count);
        _left -= (uint)count;
        GiveCredit(count);
        return count * _recordBytes;
    }

    // What was sent together and comes together is one entry of the histogram.
    private void Count(long sentAt, long now)
    {
        if (!Traffic.MeasuresDeliveries)
        {
            return;
        }

        if (sentAt != _runSentAt)
        {
            EndRun(now);
            _runSentAt = sentAt;
        }

        _run++;
    }

    private void EndRun(long now)
    {
        BenchLatency.Record(Traffic.DeliveryLatency, now - _runSentAt, _run);
        _run = 0;
    }

    private void GiveCredit(int count)
    {
        _current.Owed += count;
        if (_current.Owed < CreditsAtOnce)
        {
            return;
        }

        Span<byte> notice = stackalloc byte[FrameHeader.Size + sizeof(uint)];
        new FrameHeader(
            notice.Length - FrameHeader.LengthFieldSize, Opcode.Credit, FrameKind.Notice, FrameFlags.None, _currentSubscription)
            .Write(notice);
        BinaryPrimitives.WriteInt32LittleEndian(notice[FrameHeader.Size..], _current.Owed);
        Send(notice);
        _current.Owed = 0;
    }
}
