namespace Nexo.Protocol.Tests;

/// <summary>What is published, decoded and encoded on either side, allocates nothing.</summary>
public sealed class TopicHotPathTests
{
    private readonly byte[] _topic = new byte[16];
    private readonly byte[] _body = new byte[64];

    [Fact]
    public void A_publish_and_its_reply_allocate_nothing()
    {
        using var buffer = new FrameBuffer();

        Allocations.AssertNone(() =>
        {
            buffer.Begin(Opcode.TopicPublish, FrameKind.Request, 1);
            new TopicPublishRequest
            {
                Message = new TopicPublication
                {
                    Parts = PublishParts.Ttl,
                    Flags = PublishFlags.Retain,
                    Topic = _topic,
                    TtlMs = 1_000,
                    Body = _body,
                },
            }.Write(buffer);
            buffer.End();
            int plainAt = buffer.Count;
            buffer.Begin(Opcode.TopicPublish, FrameKind.Notice, 2);
            new TopicPublishRequest { Message = new TopicPublication { Topic = _topic, Body = _body } }.Write(buffer);
            buffer.End();
            int replyAt = buffer.Count;
            buffer.Begin(Opcode.TopicPublish, FrameKind.Reply, 1);
            new TopicPublishReply(100, 1).Write(buffer);
            buffer.End();
            ReadOnlySpan<byte> frames = buffer.Written.Span;
            bool read = TopicPublishRequest.TryRead(frames[FrameHeader.Size..plainAt], out TopicPublishRequest request)
                && request.Message.TtlMs == 1_000
                && TopicPublishRequest.TryReadPlain(
                    frames[(plainAt + FrameHeader.Size)..replyAt], out ReadOnlySpan<byte> topic, out ReadOnlySpan<byte> body)
                && topic.Length == _topic.Length
                && body.Length == _body.Length
                && TopicPublishReply.TryRead(frames[(replyAt + FrameHeader.Size)..], out TopicPublishReply reply)
                && reply.Receivers == 100;
            buffer.Clear();
            return read;
        });
    }

    [Fact]
    public void A_batch_of_publishes_and_its_reply_allocate_nothing()
    {
        using var buffer = new FrameBuffer();

        Allocations.AssertNone(() =>
        {
            buffer.Begin(Opcode.TopicPublishBatch, FrameKind.Request, 1);
            TopicPublishBatchRequest.WriteStart(buffer, 10);
            for (int i = 0; i < 10; i++)
            {
                new TopicPublication { Topic = _topic, Body = _body }.WriteItem(buffer);
            }

            buffer.End();
            int replyAt = buffer.Count;
            buffer.Begin(Opcode.TopicPublishBatch, FrameKind.Reply, 1);
            TopicPublishBatchReply.WriteStart(buffer, 10);
            for (uint i = 0; i < 10; i++)
            {
                TopicPublishBatchReply.WriteItem(buffer, ErrorCode.None, new TopicPublishReply(i, 0));
            }

            buffer.End();
            ReadOnlySpan<byte> frames = buffer.Written.Span;
            bool read = TopicPublishBatchRequest.TryRead(
                    frames[FrameHeader.Size..replyAt], out TopicPublishBatchRequest request)
                && TopicPublishBatchReply.TryRead(frames[(replyAt + FrameHeader.Size)..], out TopicPublishBatchReply reply)
                && request.Count == reply.Count;
            while (request.TryTake(out TopicPublication message))
            {
                read &= message.Body.Length == _body.Length;
            }

            buffer.Clear();
            return read;
        });
    }

    [Fact]
    public void What_is_published_is_written_once_and_read_for_nothing()
    {
        byte[] item = new byte[PublishedMessage.Measure(_topic.Length, 0, _body.Length)];
        byte[] frame = new byte[TopicPush.FrameStartSize + (10 * item.Length)];

        Allocations.AssertNone(() =>
        {
            int size = new PublishedMessage { Topic = _topic, Body = _body }.WriteTo(item);
            TopicPush.WriteFrameStart(frame, subscription: 7, missed: 0, count: 10, itemBytes: 10 * size);
            for (int i = 0; i < 10; i++)
            {
                item.CopyTo(frame, TopicPush.FrameStartSize + (i * size));
            }

            bool read = FrameHeader.TryRead(frame, int.MaxValue, out FrameHeader header) == FrameStatus.Complete
                && header.TotalSize == frame.Length;
            read &= TopicPush.TryRead(frame.AsSpan(FrameHeader.Size), out TopicPush push) && push.Count == 10;
            while (push.TryTake(out PublishedMessage message))
            {
                read &= message.Topic.Length == _topic.Length && message.Body.Length == _body.Length;
            }

            return read;
        });
    }
}
