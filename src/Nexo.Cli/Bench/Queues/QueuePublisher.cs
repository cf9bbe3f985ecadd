using System.Buffers.Binary;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Queues;

/// <summary>Pushes, and never has more of them unconfirmed than the window allows.</summary>
internal sealed class QueuePublisher : QueueConnection
{
    private const int CorrelationOffset = FrameHeader.Size - sizeof(uint);

    private readonly PushEncoder _encoder;
    private readonly long[] _sentAt;
    private readonly ulong[] _sequences;
    private readonly long[] _moments;
    private readonly int _confirmSize;
    private readonly ulong _confirmWord;
    private uint _oldestCorrelation;
    private int _oldest;
    private int _inFlight;
    private Pace? _pace;
    private long _released;
    private long _begun;

    /// <param name="window">Pushes that may be unconfirmed.</param>
    public QueuePublisher(
        int id,
        BenchLink link,
        ReadinessQueue ready,
        QueueTraffic traffic,
        PushEncoder encoder,
        int window,
        int frameBytesMax)
        : base(id, link, ready, traffic, frameBytesMax)
    {
        _encoder = encoder;
        _sentAt = new long[window];
        _sequences = new ulong[window];
        _moments = new long[encoder.RequestsMax];
        _oldestCorrelation = BenchConnector.GreetingCorrelation + 1;
        bool single = encoder.Batch == 1;
        _confirmSize = FrameHeader.Size + (single
            ? sizeof(byte) + sizeof(ulong)
            : sizeof(uint) + (encoder.Batch * QueuePushBatchReply.ItemSize));
        _confirmWord = BenchFrames.WordOf(
            single ? Opcode.QueuePush : Opcode.QueuePushBatch, FrameKind.Reply, _confirmSize);
    }

    /// <summary>Begins a phase.</summary>
    /// <param name="pace">When pushes are due; null: as soon as there is room.</param>
    public void Begin(Pace? pace)
    {
        _pace = pace;
        _released = 0;
        _begun = 0;
    }

    /// <summary>The pace has set a push free.</summary>
    public void Release() => _released++;

    /// <summary>Sends as many pushes as there is room for and are wanted.</summary>
    public void Refill(long now)
    {
        while (!HasUnsent && Traffic.IsPushing(now))
        {
            int count = (int)Math.Min(Math.Min(_sentAt.Length - _inFlight, _encoder.RequestsMax), Traffic.PushesLeft);
            count = _pace is null ? count : (int)Math.Min(count, _released - _begun);
            if (count == 0)
            {
                return;
            }

            ulong sequence = Traffic.Ledger.Send(count * _encoder.Batch);
            Span<long> moments = _moments.AsSpan(0, count);
            for (int i = 0; i < count; i++)
            {
                int place = (_oldest + _inFlight + i) % _sentAt.Length;
                moments[i] = _pace?.DueAt(_begun + i, Id) ?? now;
                _sentAt[place] = moments[i];
                _sequences[place] = sequence + (ulong)(i * _encoder.Batch);
            }

            // Silence counts from when there is something to be answered.
            Traffic.HeardAt = Traffic.PushesInFlight == 0 ? now : Traffic.HeardAt;
            Send(_encoder.Encode(moments, _oldestCorrelation + (uint)_inFlight, sequence));
            _inFlight += count;
            _begun += count;
            Traffic.PushesInFlight += count;
            Traffic.PushesLeft -= count;
        }
    }

    /// <summary>What was due and is not sent counts with its age: the open loop owes an account of it.</summary>
    public void RecordUnsent(long until)
    {
        for (long push = _begun; _pace is not null && push < _released; push++)
        {
            BenchLatency.Record(Traffic.DeliveryLatency, until - _pace.DueAt(push, Id), _encoder.Batch);
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
            int size = _confirmSize;
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

        for (int i = 0; i < _encoder.Batch; i++)
        {
            Traffic.Ledger.Refuse(_sequences[_oldest] + (ulong)i);
        }

        Traffic.Fail(BenchFrames.MessageOf(body), _encoder.Batch);
        Forget();
    }

    private bool IsNext(ReadOnlySpan<byte> frame) => _inFlight > 0
        && BinaryPrimitives.ReadUInt32LittleEndian(frame[CorrelationOffset..]) == _oldestCorrelation;

    private int Confirm(ReadOnlySpan<byte> body)
    {
        int accepted = _encoder.Batch == 1
            ? ConfirmOne(0, ErrorCode.None, (PushOutcome)body[0])
            : ConfirmMany(body);
        Traffic.AddConfirmed(accepted);
        Forget();
        return accepted;
    }

    private int ConfirmMany(ReadOnlySpan<byte> body)
    {
        if (!QueuePushBatchReply.TryRead(body, out QueuePushBatchReply reply))
        {
            Traffic.Mismatches++;
            return 0;
        }

        int accepted = 0;
        for (int i = 0; reply.TryTake(out ErrorCode error, out QueuePushReply pushed); i++)
        {
            accepted += ConfirmOne(i, error, pushed.Outcome);
        }

        return accepted;
    }

    private int ConfirmOne(int index, ErrorCode error, PushOutcome outcome)
    {
        if (error == ErrorCode.None && outcome == PushOutcome.Accepted)
        {
            return 1;
        }

        Traffic.Ledger.Refuse(_sequences[_oldest] + (ulong)index);
        Traffic.Fail($"{error}: a message of a batch was not taken ({outcome})", 1);
        return 0;
    }

    private void Forget()
    {
        _oldest = (_oldest + 1) % _sentAt.Length;
        _oldestCorrelation++;
        _inFlight--;
        Traffic.PushesInFlight--;
    }
}
