using System.Buffers.Binary;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Queues;

/// <summary>Takes what is delivered, and settles what one read has brought in one go.</summary>
internal sealed class QueueConsumer : QueueConnection
{
    private const uint FirstSubscription = BenchConnector.GreetingCorrelation + 1;
    private const int CorrelationOffset = FrameHeader.Size - sizeof(uint);

    // The second word of a usual frame's header: [u16 opcode][u8 kind][u8 flags].
    private static readonly uint Delivered = KindOf(Opcode.QueueConsume, FrameKind.Push);
    private static readonly uint Acked = KindOf(Opcode.QueueAck, FrameKind.Reply);

    private readonly IReadOnlyList<byte[]> _queues;
    private readonly DeliveryReader _deliveries;
    private readonly AckEncoder _acks;
    private uint _nextAck;
    private uint _oldestAck;

    /// <param name="queues">What it takes from: a subscription for each.</param>
    public QueueConsumer(
        int id,
        BenchLink link,
        ReadinessQueue ready,
        QueueTraffic traffic,
        DeliveryReader deliveries,
        AckEncoder acks,
        IReadOnlyList<byte[]> queues,
        int frameBytesMax)
        : base(id, link, ready, traffic, frameBytesMax)
    {
        _deliveries = deliveries;
        _acks = acks;
        _queues = queues;
        _nextAck = FirstSubscription + (uint)queues.Count;
        _oldestAck = _nextAck;
    }

    /// <summary>Opens the subscriptions; once.</summary>
    /// <param name="prefetch">Messages of each that may be unsettled.</param>
    public void Open(int prefetch)
    {
        using var buffer = new FrameBuffer();
        for (int i = 0; i < _queues.Count; i++)
        {
            buffer.Begin(Opcode.QueueConsume, FrameKind.Request, FirstSubscription + (uint)i);
            new QueueConsumeRequest
            {
                Credits = (uint)prefetch,
                Options = ConsumeOptions.SettlingGivesCredit,
                Queue = _queues[i],
            }.Write(buffer);
            buffer.End();
        }

        Send(buffer.Written.Span);
    }

    protected override int Read(ReadOnlySpan<byte> bytes, long now)
    {
        int at = 0;
        while (bytes.Length - at >= FrameHeader.Size)
        {
            int size = ReadFrame(bytes[at..], now);
            if (size == 0)
            {
                break;
            }

            at += size;
        }

        if (_acks.Total > 0)
        {
            Traffic.AcksInFlight += _acks.Total;
            Send(_acks.Take());
        }

        return at;
    }

    protected override void ReadUnusual(FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Opcode == Opcode.QueueConsume && header.Kind is FrameKind.Error or FrameKind.End)
        {
            throw new CliFailure(
                ExitCode.Refused,
                "refused",
                $"The server {(header.Kind == FrameKind.End ? "ended" : "refused")} a consumer: {BenchFrames.MessageOf(body)}.");
        }

        if (header.Opcode == Opcode.QueueAck && header.Kind == FrameKind.Error && header.Correlation == _oldestAck)
        {
            throw new CliFailure(
                ExitCode.Refused, "refused", $"The server refused a settlement: {BenchFrames.MessageOf(body)}.");
        }

        bool opened = header.Opcode == Opcode.QueueConsume && header.Kind == FrameKind.Reply;
        if (!opened)
        {
            throw OutOfOrder(header);
        }
    }

    private int ReadFrame(ReadOnlySpan<byte> frame, long now)
    {
        ulong word = BinaryPrimitives.ReadUInt64LittleEndian(frame);
        uint kind = (uint)(word >> 32);
        long size = (long)(uint)word + FrameHeader.LengthFieldSize;
        if (kind != Delivered && kind != Acked)
        {
            return LookAt(frame);
        }

        if (size > frame.Length)
        {
            return 0;
        }

        uint correlation = BinaryPrimitives.ReadUInt32LittleEndian(frame[CorrelationOffset..]);
        ReadOnlySpan<byte> body = frame[FrameHeader.Size..(int)size];
        if (kind == Acked)
        {
            ReadAcks(body, correlation);
        }
        else
        {
            int subscription = (int)(correlation - FirstSubscription);
            if ((uint)subscription >= (uint)_queues.Count)
            {
                throw OutOfOrder(new FrameHeader(
                    body.Length, Opcode.QueueConsume, FrameKind.Push, FrameFlags.None, correlation));
            }

            _deliveries.Read(body, now, new AckTarget(_acks, subscription, _queues[subscription], ref _nextAck));
        }

        return (int)size;
    }

    private void ReadAcks(ReadOnlySpan<byte> body, uint correlation)
    {
        if (correlation != _oldestAck || !PerItemReply.TryRead(body, out PerItemReply reply))
        {
            throw OutOfOrder(new FrameHeader(0, Opcode.QueueAck, FrameKind.Reply, FrameFlags.None, correlation));
        }

        _oldestAck++;
        int count = (int)reply.Count;
        int late = 0;
        if (body[sizeof(uint)..].ContainsAnyExcept((byte)0))
        {
            while (reply.TryTake(out ErrorCode error))
            {
                late += error == ErrorCode.None ? 0 : 1;
            }
        }

        Traffic.AcksInFlight -= count;
        Traffic.LateAcks += late;
        Traffic.AddAcked(count - late);
    }

    private static uint KindOf(Opcode opcode, FrameKind kind) =>
        (uint)(BenchFrames.WordOf(opcode, kind, FrameHeader.Size) >> 32);
}
