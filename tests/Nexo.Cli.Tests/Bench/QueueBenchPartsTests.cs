using System.Buffers.Binary;
using CsCheck;
using Nexo.Cli.Bench;
using Nexo.Cli.Bench.Queues;
using Nexo.Protocol;
using Xunit;

namespace Nexo.Cli.Tests.Bench;

public sealed class QueueBenchPartsTests
{
    private static readonly byte[][] Queues = [[.. "queue-a"u8], [.. "queue-b"u8]];

    [Fact]
    public void The_ledger_counts_as_sets_of_numbers_do() =>
        Gen.Select(Gen.Int[1, 300].Array[1, 8], Gen.ULong[0, 2_500].Array[0, 400], Gen.ULong[0, 2_500].Array[0, 40])
            .Sample((sends, comes, refusals) =>
            {
                var ledger = new MessageLedger();
                ulong sent = 0;
                foreach (int count in sends)
                {
                    Assert.Equal(sent, ledger.Send(count));
                    sent += (ulong)count;
                }

                HashSet<ulong> refused = [.. refusals.Where(number => number < sent)];
                HashSet<ulong> received = [];
                foreach (ulong number in refused)
                {
                    ledger.Refuse(number);
                }

                foreach (ulong number in comes)
                {
                    bool isNew = ledger.Receive(number, out bool isKnown);
                    Assert.Equal(number < sent, isKnown);
                    Assert.Equal(isKnown && received.Add(number), isNew);
                }

                Assert.Equal((long)sent, ledger.Sent);
                Assert.Equal(received.Count, ledger.Received);
                Assert.Equal(comes.Count(number => number < sent) - received.Count, ledger.Duplicates);
                Assert.Equal((long)sent - received.Union(refused).Count(), ledger.CountMissing());
            });

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Pushes_are_patched_to_what_the_protocol_writes(int batch)
    {
        byte[] body = MessageHead.Body(40);
        var encoder = new PushEncoder(Queues, body, batch, requestsMax: 5);
        byte[] first = encoder.Encode([100, 100, 101], 8, 1_000).ToArray();
        byte[] second = encoder.Encode([102, 102], 11, 2_000).ToArray();
        Assert.Equal(Expected(body, batch, [100, 100, 101], 8, 1_000), first);
        Assert.Equal(Expected(body, batch, [102, 102], 11, 2_000), second);
    }

    [Fact]
    public void Settlements_of_a_subscription_share_a_frame()
    {
        var acks = new AckEncoder();
        uint correlation = 5;
        Span<byte> lease = stackalloc byte[LeaseList.ItemSize];
        using var expected = new FrameBuffer();
        int[] runs = [3, AckEncoder.CountMax + 2, 1];
        for (int i = 0; i < runs.Length; i++)
        {
            byte[] queue = Queues[i % Queues.Length];
            for (ulong id = 1; id <= (ulong)runs[i]; id++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(lease, id);
                BinaryPrimitives.WriteUInt64LittleEndian(lease[sizeof(ulong)..], id * 3);
                acks.Add(i, queue, lease, ref correlation);
            }
        }

        Assert.Equal(runs.Sum(), acks.Total);
        WriteAck(expected, 5, Queues[0], 1, 3);
        WriteAck(expected, 6, Queues[1], 1, AckEncoder.CountMax);
        WriteAck(expected, 7, Queues[1], AckEncoder.CountMax + 1, 2);
        WriteAck(expected, 8, Queues[0], 1, 1);
        Assert.True(acks.Take().SequenceEqual(expected.Written.Span));
        Assert.Equal(9u, correlation);
        Assert.Equal(0, acks.Take().Length);
    }

    private static byte[] Expected(byte[] body, int batch, long[] sentAt, uint correlation, ulong sequence)
    {
        using var buffer = new FrameBuffer();
        foreach (long moment in sentAt)
        {
            byte[] queue = Queues[(int)(correlation % (uint)Queues.Length)];
            buffer.Begin(batch == 1 ? Opcode.QueuePush : Opcode.QueuePushBatch, FrameKind.Request, correlation++);
            if (batch > 1)
            {
                QueuePushBatchRequest.WriteStart(buffer, allOrNone: false, queue, (uint)batch);
            }

            for (int i = 0; i < batch; i++)
            {
                byte[] message = [.. body];
                new MessageHead(moment, sequence++).Write(message);
                if (batch > 1)
                {
                    new PushedMessage { Body = message }.WriteItem(buffer);
                }
                else
                {
                    new QueuePushRequest { Queue = queue, Message = new PushedMessage { Body = message } }.Write(buffer);
                }
            }

            buffer.End();
        }

        return buffer.Written.ToArray();
    }

    private static void WriteAck(FrameBuffer buffer, uint correlation, byte[] queue, ulong firstId, int count)
    {
        buffer.Begin(Opcode.QueueAck, FrameKind.Request, correlation);
        QueueAckRequest.WriteStart(buffer, queue, (uint)count);
        for (ulong id = firstId; id < firstId + (ulong)count; id++)
        {
            LeaseList.WriteItem(buffer, id, id * 3);
        }

        buffer.End();
    }
}
