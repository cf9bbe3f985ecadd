namespace Nexo.Protocol.Tests;

/// <summary>
/// GET and SET, and the push, the delivery and the settling of a message, decoded and encoded on either side, allocate
/// nothing.
/// </summary>
public sealed class HotPathTests
{
    private readonly byte[] _key = new byte[16];
    private readonly byte[] _value = new byte[64];

    [Fact]
    public void A_get_and_its_reply_allocate_nothing()
    {
        using var buffer = new FrameBuffer();

        Allocations.AssertNone(() =>
        {
            buffer.Begin(Opcode.StoreGet, FrameKind.Request, 1);
            buffer.Write(_key);
            buffer.End();
            int replyAt = buffer.Count;
            buffer.Begin(Opcode.StoreGet, FrameKind.Reply, 1);
            buffer.WriteUInt64(0);
            buffer.Write(_value);
            buffer.PatchUInt64(0, 42);
            buffer.End();
            ReadOnlySpan<byte> frames = buffer.Written.Span;
            bool read = FrameHeader.TryRead(frames, int.MaxValue, out FrameHeader request) == FrameStatus.Complete
                && FrameHeader.TryRead(frames[replyAt..], int.MaxValue, out FrameHeader reply) == FrameStatus.Complete
                && request.Correlation == reply.Correlation
                && ValueReply.TryRead(frames[(replyAt + FrameHeader.Size)..], out ValueReply value)
                && value.Version == 42;
            buffer.Clear();
            return read;
        });
    }

    [Fact]
    public void A_set_and_its_reply_allocate_nothing()
    {
        using var buffer = new FrameBuffer();

        Allocations.AssertNone(() =>
        {
            buffer.Begin(Opcode.StoreSet, FrameKind.Request, 1);
            new SetRequest
            {
                Key = _key,
                Value = _value,
                Condition = new StoreCondition { Kind = ConditionKind.IfVersion, Version = 41 },
                Expiry = new StoreExpiry(ExpiryKind.After, 1_000),
            }.Write(buffer);
            buffer.End();
            int replyAt = buffer.Count;
            buffer.Begin(Opcode.StoreSet, FrameKind.Reply, 1);
            SetReply.WriteFixed(buffer, stored: false, previousFound: false, version: 0);
            SetReply.PatchFixed(buffer, stored: true, previousFound: true, version: 42);
            buffer.End();
            ReadOnlySpan<byte> frames = buffer.Written.Span;
            bool read = SetRequest.TryRead(frames[FrameHeader.Size..replyAt], out SetRequest request)
                && request.Condition.Version == 41
                && SetReply.TryRead(frames[(replyAt + FrameHeader.Size)..], out SetReply reply)
                && reply.Version == 42;
            buffer.Clear();
            return read;
        });
    }

    [Fact]
    public void A_push_and_its_reply_allocate_nothing()
    {
        using var buffer = new FrameBuffer();

        Allocations.AssertNone(() =>
        {
            buffer.Begin(Opcode.QueuePush, FrameKind.Request, 1);
            new QueuePushRequest
            {
                Queue = _key,
                Message = new PushedMessage { Parts = PushParts.Delay | PushParts.Group, DelayMs = 1_000, Group = _key, Body = _value },
            }.Write(buffer);
            buffer.End();
            int plainAt = buffer.Count;
            buffer.Begin(Opcode.QueuePush, FrameKind.Request, 2);
            new QueuePushRequest { Queue = _key, Message = new PushedMessage { Priority = 5, Body = _value } }.Write(buffer);
            buffer.End();
            int replyAt = buffer.Count;
            buffer.Begin(Opcode.QueuePush, FrameKind.Reply, 1);
            new QueuePushReply(PushOutcome.Accepted, 42).Write(buffer);
            buffer.End();
            ReadOnlySpan<byte> frames = buffer.Written.Span;
            bool read = QueuePushRequest.TryRead(frames[FrameHeader.Size..plainAt], out QueuePushRequest request)
                && request.Message.DelayMs == 1_000
                && QueuePushRequest.TryReadPlain(
                    frames[(plainAt + FrameHeader.Size)..replyAt], out _, out byte priority, out ReadOnlySpan<byte> body)
                && priority == 5
                && body.Length == _value.Length
                && QueuePushReply.TryRead(frames[(replyAt + FrameHeader.Size)..], out QueuePushReply reply)
                && reply.MessageId == 42;
            buffer.Clear();
            return read;
        });
    }

    [Fact]
    public void A_batch_of_pushes_and_its_reply_allocate_nothing()
    {
        using var buffer = new FrameBuffer();

        Allocations.AssertNone(() =>
        {
            buffer.Begin(Opcode.QueuePushBatch, FrameKind.Request, 1);
            QueuePushBatchRequest.WriteStart(buffer, allOrNone: true, _key, count: 10);
            for (int i = 0; i < 10; i++)
            {
                new PushedMessage { Parts = PushParts.Ttl, TtlMs = i, Body = _value }.WriteItem(buffer);
            }

            buffer.End();
            int replyAt = buffer.Count;
            buffer.Begin(Opcode.QueuePushBatch, FrameKind.Reply, 1);
            QueuePushBatchReply.WriteStart(buffer, 10);
            for (uint i = 0; i < 10; i++)
            {
                QueuePushBatchReply.WriteItem(buffer, ErrorCode.None, new QueuePushReply(PushOutcome.Accepted, i));
            }

            buffer.End();
            ReadOnlySpan<byte> frames = buffer.Written.Span;
            bool read = QueuePushBatchRequest.TryRead(frames[FrameHeader.Size..replyAt], out QueuePushBatchRequest request)
                && QueuePushBatchReply.TryRead(frames[(replyAt + FrameHeader.Size)..], out QueuePushBatchReply reply)
                && request.Count == reply.Count;
            while (request.TryTake(out PushedMessage message))
            {
                read &= message.Body.Length == _value.Length;
            }

            buffer.Clear();
            return read;
        });
    }

    [Fact]
    public void A_delivery_and_its_settling_allocate_nothing()
    {
        using var buffer = new FrameBuffer();

        Allocations.AssertNone(() =>
        {
            buffer.Begin(Opcode.QueueConsume, FrameKind.Push, 1);
            DeliveryList.WriteStart(buffer, 0);
            for (uint i = 0; i < 10; i++)
            {
                new DeliveredMessage { MessageId = i, Lease = ~i, Attempt = 1, Body = _value }.Write(buffer);
            }

            DeliveryList.PatchCount(buffer, 10);
            buffer.End();
            int ackAt = buffer.Count;
            ReadOnlySpan<byte> push = buffer.Written.Span[FrameHeader.Size..];
            bool read = DeliveryList.TryRead(push, out DeliveryList deliveries) && deliveries.Count == 10;
            buffer.Begin(Opcode.QueueAck, FrameKind.Request, 2);
            QueueAckRequest.WriteStart(buffer, _key, deliveries.Count);
            while (deliveries.TryTake(out DeliveredMessage message))
            {
                LeaseList.WriteItem(buffer, message.MessageId, message.Lease);
            }

            buffer.End();
            int replyAt = buffer.Count;
            ReadOnlySpan<byte> ack = buffer.Written.Span[(ackAt + FrameHeader.Size)..];
            read &= QueueAckRequest.TryRead(ack, out QueueAckRequest request);
            buffer.Begin(Opcode.QueueAck, FrameKind.Reply, 2);
            PerItemReply.WriteStart(buffer, request.Leases.Count);
            while (request.Leases.TryTake(out ulong messageId, out _))
            {
                PerItemReply.WriteItem(buffer, messageId < 10 ? ErrorCode.None : ErrorCode.LeaseLost);
            }

            buffer.End();
            read &= PerItemReply.TryRead(buffer.Written.Span[(replyAt + FrameHeader.Size)..], out PerItemReply reply)
                && reply.TryTake(out ErrorCode first)
                && first == ErrorCode.None;
            buffer.Clear();
            return read;
        });
    }
}
