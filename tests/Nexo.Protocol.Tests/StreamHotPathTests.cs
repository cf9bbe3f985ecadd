namespace Nexo.Protocol.Tests;

/// <summary>Records that are appended, read and delivered, decoded and encoded on either side, allocate nothing.</summary>
public sealed class StreamHotPathTests
{
    private readonly byte[] _stream = new byte[16];
    private readonly byte[] _value = new byte[256];

    [Fact]
    public void An_append_and_its_reply_allocate_nothing()
    {
        using var buffer = new FrameBuffer();

        Allocations.AssertNone(() =>
        {
            buffer.Begin(Opcode.StreamAppend, FrameKind.Request, 1);
            new StreamAppendRequest
            {
                Parts = AppendParts.Producer | AppendParts.Key,
                Stream = _stream,
                Producer = 7,
                Sequence = 41,
                Key = _stream,
                Value = _value,
            }.Write(buffer);
            buffer.End();
            int replyAt = buffer.Count;
            buffer.Begin(Opcode.StreamAppend, FrameKind.Reply, 1);
            new StreamAppendReply(AppendOutcome.Appended, 1, 2, 3).Write(buffer);
            buffer.End();
            ReadOnlySpan<byte> frames = buffer.Written.Span;
            bool read = StreamAppendRequest.TryRead(frames[FrameHeader.Size..replyAt], out StreamAppendRequest request)
                && request.Sequence == 41
                && request.Value.Length == _value.Length
                && StreamAppendReply.TryRead(frames[(replyAt + FrameHeader.Size)..], out StreamAppendReply reply)
                && reply.KeyVersion == 2;
            buffer.Clear();
            return read;
        });
    }

    [Fact]
    public void A_batch_of_appends_allocates_nothing()
    {
        using var buffer = new FrameBuffer();

        Allocations.AssertNone(() =>
        {
            buffer.Begin(Opcode.StreamAppendBatch, FrameKind.Request, 1);
            int countAt = new StreamAppendBatchRequest
            {
                Parts = AppendParts.ExpectedNext,
                Stream = _stream,
                ExpectedNext = 100,
            }.WriteStart(buffer, 0);
            for (int i = 0; i < 10; i++)
            {
                new NewRecord { Parts = RecordParts.Key, Key = _stream, Value = _value }.Write(buffer);
            }

            buffer.PatchUInt32(countAt, 10);
            buffer.End();
            bool read = StreamAppendBatchRequest.TryRead(
                buffer.Written.Span[FrameHeader.Size..], out StreamAppendBatchRequest request);
            read &= request.Count == 10 && request.ExpectedNext == 100 && request.Records.Length > 10 * _value.Length;
            while (request.TryTake(out NewRecord record))
            {
                read &= record.Value.Length == _value.Length;
            }

            buffer.Clear();
            return read;
        });
    }

    [Fact]
    public void Records_that_are_read_allocate_nothing()
    {
        using var buffer = new FrameBuffer();
        byte[] run = Run();

        Allocations.AssertNone(() =>
        {
            buffer.Begin(Opcode.StreamRead, FrameKind.Reply, 1);
            StreamReadReply.WriteStart(buffer, default, 0, 0);
            buffer.Write(run);
            StreamReadReply.PatchStart(buffer, new OffsetRange(0, 10), 10, 10);
            buffer.End();
            bool read = StreamReadReply.TryRead(buffer.Written.Span[FrameHeader.Size..], out StreamReadReply reply);
            read &= reply.ContinueAt == 10 && reply.Records.Count == 10;
            ulong next = 0;
            while (reply.Records.TryTake(out StreamedRecord record))
            {
                read &= record.Offset == next++ && record.Value.Length == _value.Length && record.Headers.IsEmpty;
            }

            buffer.Clear();
            return read && next == 10;
        });
    }

    [Fact]
    public void Records_of_a_group_and_their_settling_allocate_nothing()
    {
        using var buffer = new FrameBuffer();
        byte[] run = Run();

        Allocations.AssertNone(() =>
        {
            buffer.Begin(Opcode.GroupJoin, FrameKind.Push, 1);
            GroupDelivery.WriteStart(buffer, epoch: 7, count: 10, isLeased: true);
            for (uint i = 0; i < 10; i++)
            {
                GroupDelivery.WriteLease(buffer, ~i, 1);
            }

            buffer.Write(run);
            buffer.End();
            int ackAt = buffer.Count;
            bool read = GroupDelivery.TryRead(buffer.Written.Span[FrameHeader.Size..], out GroupDelivery delivery);
            buffer.Begin(Opcode.GroupAck, FrameKind.Request, 2);
            new GroupAckRequest { Member = 3, Epoch = delivery.Epoch, Stream = _stream, Group = _stream }
                .WriteStart(buffer, delivery.Records.Count);
            while (delivery.Records.TryTake(out StreamedRecord record) && delivery.TryTakeLease(out ulong lease, out _))
            {
                LeaseList.WriteItem(buffer, record.Offset, lease);
            }

            buffer.End();
            read &= GroupAckRequest.TryRead(buffer.Written.Span[(ackAt + FrameHeader.Size)..], out GroupAckRequest ack)
                && ack.Leases.Count == 10;
            buffer.Clear();
            return read;
        });
    }

    private byte[] Run()
    {
        using var buffer = new FrameBuffer();
        for (uint i = 0; i < 10; i++)
        {
            StreamedRecord.Write(buffer, i, 1, RecordParts.Key, _stream, default, _value);
        }

        return buffer.Written.ToArray();
    }
}
