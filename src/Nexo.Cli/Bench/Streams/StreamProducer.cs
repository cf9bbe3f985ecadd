using System.Buffers.Binary;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Streams;

/// <summary>Appends, and never has more unconfirmed than the window allows.</summary>
internal sealed class StreamProducer : StreamConnection
{
    private const int CorrelationOffset = FrameHeader.Size - sizeof(uint);

    // [u8 outcome][u64 offset][u64 keyVersion][i64 timestamp].
    private const int ConfirmSize = FrameHeader.Size + sizeof(byte) + sizeof(ulong) + sizeof(ulong) + sizeof(long);

    private readonly AppendEncoder _encoder;
    private readonly long[] _sentAt;
    private readonly ulong[] _sequences;
    private readonly long[] _moments;
    private readonly ulong _confirmWord;
    private uint _oldestCorrelation = BenchConnector.GreetingCorrelation + 1;
    private int _oldest;
    private int _inFlight;
    private Pace? _pace;
    private long _released;
    private long _begun;

    /// <param name="window">Appends that may be unconfirmed.</param>
    public StreamProducer(
        int id,
        BenchLink link,
        ReadinessQueue ready,
        StreamTraffic traffic,
        AppendEncoder encoder,
        int window,
        int frameBytesMax)
        : base(id, link, ready, traffic, frameBytesMax)
    {
        _encoder = encoder;
        _sentAt = new long[window];
        _sequences = new ulong[window];
        _moments = new long[encoder.RequestsMax];
        _confirmWord = BenchFrames.WordOf(
            encoder.Batch == 1 ? Opcode.StreamAppend : Opcode.StreamAppendBatch, FrameKind.Reply, ConfirmSize);
    }

    /// <summary>Begins a phase.</summary>
    /// <param name="pace">When appends are due; null: as soon as there is room.</param>
    public void Begin(Pace? pace)
    {
        _pace = pace;
        _released = 0;
        _begun = 0;
    }

    /// <summary>The pace has set an append free.</summary>
    public void Release() => _released++;

    /// <summary>Sends as many appends as there is room for and are wanted.</summary>
    public void Refill(long now)
    {
        while (!HasUnsent && Traffic.IsAppending(now))
        {
            int count = Math.Min(_sentAt.Length - _inFlight, _encoder.RequestsMax);
            count = _pace is null ? count : (int)Math.Min(count, _released - _begun);
            if (count == 0)
            {
                return;
            }

            ulong sequence = Traffic.Sent;
            Span<long> moments = _moments.AsSpan(0, count);
            for (int i = 0; i < count; i++)
            {
                int place = (_oldest + _inFlight + i) % _sentAt.Length;
                moments[i] = _pace?.DueAt(_begun + i, Id) ?? now;
                _sentAt[place] = moments[i];
                _sequences[place] = sequence + (ulong)(i * _encoder.Batch);
            }

            // Silence counts from when there is something to be answered.
            Traffic.HeardAt = Traffic.AppendsInFlight == 0 ? now : Traffic.HeardAt;
            Send(_encoder.Encode(moments, _oldestCorrelation + (uint)_inFlight, sequence));
            Traffic.Sent += (ulong)(count * _encoder.Batch);
            Traffic.AppendsInFlight += count;
            _inFlight += count;
            _begun += count;
        }
    }

    /// <summary>What was due and is not sent counts with its age: the open loop owes an account of it.</summary>
    public void RecordUnsent(long until)
    {
        for (long append = _begun; _pace is not null && append < _released; append++)
        {
            BenchLatency.Record(Traffic.DeliveryLatency, until - _pace.DueAt(append, Id), _encoder.Batch);
        }
    }

    protected override int Read(ReadOnlySpan<byte> bytes, long now)
    {
        int at = 0;
        int run = 0;
        long runSentAt = 0;
        while (bytes.Length - at >= FrameHeader.Size)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            int size = ConfirmSize;
            if (BinaryPrimitives.ReadUInt64LittleEndian(rest) != _confirmWord || !IsNext(rest))
            {
                size = LookAt(rest);
            }
            else if (rest.Length < size)
            {
                size = 0;
            }
            else
            {
                // What was sent together is mostly confirmed together: one entry for all of it.
                long sentAt = _sentAt[_oldest];
                if (sentAt != runSentAt)
                {
                    BenchLatency.Record(Traffic.ConfirmLatency, now - runSentAt, run);
                    (run, runSentAt) = (0, sentAt);
                }

                run += Confirm(rest[FrameHeader.Size..size]);
            }

            if (size == 0)
            {
                break;
            }

            at += size;
        }

        BenchLatency.Record(Traffic.ConfirmLatency, now - runSentAt, run);
        Refill(now);
        return at;
    }

    protected override void ReadUnusual(FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (_inFlight == 0 || header.Correlation != _oldestCorrelation || header.Kind != FrameKind.Error)
        {
            throw OutOfOrder(header);
        }

        Traffic.Fail(BenchFrames.MessageOf(body), _encoder.Batch);
        Forget();
    }

    private bool IsNext(ReadOnlySpan<byte> frame) => _inFlight > 0
        && BinaryPrimitives.ReadUInt32LittleEndian(frame[CorrelationOffset..]) == _oldestCorrelation;

    private int Confirm(ReadOnlySpan<byte> body)
    {
        var outcome = (AppendOutcome)body[0];
        bool appended = outcome == AppendOutcome.Appended;
        if (appended)
        {
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(body[sizeof(byte)..]);
            Traffic.Confirm(_encoder.StreamOf(_oldestCorrelation), offset, _sequences[_oldest], _encoder.Batch);
        }
        else
        {
            Traffic.Fail($"an append was answered with {outcome}", _encoder.Batch);
        }

        Forget();
        return appended ? _encoder.Batch : 0;
    }

    private void Forget()
    {
        _oldest = (_oldest + 1) % _sentAt.Length;
        _oldestCorrelation++;
        _inFlight--;
        Traffic.AppendsInFlight--;
    }
}
