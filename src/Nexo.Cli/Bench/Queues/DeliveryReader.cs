using System.Buffers.Binary;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Queues;

/// <summary>Where the settlements of a delivery go.</summary>
internal readonly ref struct AckTarget(AckEncoder acks, int subscription, ReadOnlySpan<byte> queue, ref uint correlation)
{
    private readonly ReadOnlySpan<byte> _queue = queue;
    private readonly ref uint _correlation = ref correlation;

    public void Add(ReadOnlySpan<byte> lease) => acks.Add(subscription, _queue, lease, ref _correlation);
}

/// <summary>
/// Walks over deliveries. A message as the benchmark pushes it is recognised by its length and read where it lies; only
/// what is unusual is decoded.
/// </summary>
internal sealed class DeliveryReader
{
    // Places in an item: [u32 bytes][u64 messageId][u64 lease][i64 enqueuedAt][i64 leaseEndsAt][u32 attempt][u8 present]
    // [u8 priority][u8 flags][u8 0][u16 blockBytes][body].
    private const int LeaseOffset = 4;
    private const int PresentOffset = 40;
    private const int BlockBytesOffset = 44;
    private const int BodyOffset = 46;

    private readonly QueueTraffic _traffic;
    private readonly byte[] _body;
    private readonly bool _verify;
    private readonly int _itemSize;
    private int _run;
    private long _runSentAt;

    /// <param name="traffic">Where messages are counted.</param>
    /// <param name="body">The body of every message but for its head.</param>
    /// <param name="verify">Compare the whole body.</param>
    public DeliveryReader(QueueTraffic traffic, byte[] body, bool verify)
    {
        _traffic = traffic;
        _body = body;
        _verify = verify;
        _itemSize = BodyOffset + body.Length;
    }

    /// <summary>Reads the body of a push, and has each of its messages settled.</summary>
    public void Read(ReadOnlySpan<byte> body, long now, AckTarget acks)
    {
        uint count = body.Length < sizeof(uint) ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(body);
        int at = sizeof(uint);
        for (uint i = 0; i < count; i++)
        {
            if (!IsUsual(body[at..]))
            {
                ReadUnusual(body, i, now, acks);
                break;
            }

            ReadOnlySpan<byte> item = body.Slice(at, _itemSize);
            acks.Add(item[LeaseOffset..]);
            Count(item[BodyOffset..], now);
            at += _itemSize;
        }

        EndRun(now);
    }

    private bool IsUsual(ReadOnlySpan<byte> item) => item.Length >= _itemSize
        && BinaryPrimitives.ReadInt32LittleEndian(item) == _itemSize - sizeof(uint)
        && item[PresentOffset] == 0
        && BinaryPrimitives.ReadUInt16LittleEndian(item[BlockBytesOffset..]) == 0;

    // What was sent together and comes together is one entry of the histogram.
    private void Count(ReadOnlySpan<byte> message, long now)
    {
        MessageHead head = MessageHead.Read(message);
        bool isNew = _traffic.Ledger.Receive(head.Sequence, out bool isKnown);
        bool isWrong = !isKnown || (_verify && !message[MessageHead.Size..].SequenceEqual(_body.AsSpan(MessageHead.Size)));
        _traffic.Mismatches += isWrong ? 1 : 0;
        if (!isNew || !_traffic.MeasuresDeliveries)
        {
            return;
        }

        if (head.SentAt != _runSentAt)
        {
            EndRun(now);
            _runSentAt = head.SentAt;
        }

        _run++;
    }

    private void EndRun(long now)
    {
        BenchLatency.Record(_traffic.DeliveryLatency, now - _runSentAt, _run);
        _run = 0;
    }

    private void ReadUnusual(ReadOnlySpan<byte> body, uint from, long now, AckTarget acks)
    {
        if (!DeliveryList.TryRead(body, out DeliveryList list))
        {
            throw new CliFailure(ExitCode.Refused, "protocol", "The server sent deliveries that cannot be read.");
        }

        Span<byte> lease = stackalloc byte[LeaseList.ItemSize];
        for (uint i = 0; list.TryTake(out DeliveredMessage delivery); i++)
        {
            if (i < from)
            {
                continue;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(lease, delivery.MessageId);
            BinaryPrimitives.WriteUInt64LittleEndian(lease[sizeof(ulong)..], delivery.Lease);
            acks.Add(lease);
            if (delivery.Body.Length == _body.Length)
            {
                Count(delivery.Body, now);
            }
            else
            {
                _traffic.Mismatches++;
            }
        }
    }
}
