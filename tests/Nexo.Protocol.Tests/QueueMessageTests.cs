using System.Text;

namespace Nexo.Protocol.Tests;

/// <summary>What the golden frames of the queues do not show.</summary>
public sealed class QueueMessageTests
{
    [Fact]
    public void An_option_that_is_not_known_is_handed_on_with_its_tag()
    {
        Assert.True(QueueDeclareRequest.TryRead(
            Vector.Named("queue-declare-unknown-option").Body(), out QueueDeclareRequest request));

        Assert.True(request.Options.TryTake(out QueueOptionTag tag, out ulong number, out ReadOnlySpan<byte> value));
        Assert.Equal(((QueueOptionTag)99, 0ul), (tag, number));
        Assert.Equal([1, 2], value.ToArray());
        Assert.False(QueueOptionFields.IsKnown(tag));
        Assert.False(request.Options.TryTake(out _, out _, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(65_535)]
    public void A_filter_says_that_it_holds_what_this_version_does_not_know(ushort tag)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.QueueDeadDelete, FrameKind.Request, 1);
        QueueDeadSelectRequest.WriteStart(buffer, "emails"u8);
        DeadFilterFields.WriteMessageId(buffer, 3);
        buffer.WriteUInt16(tag);
        buffer.WriteUInt16(1);
        buffer.WriteByte(7);
        DeadFilterFields.WriteMessageId(buffer, 4);
        buffer.End();

        Assert.True(QueueDeadSelectRequest.TryRead(Body(buffer), out QueueDeadSelectRequest request));

        Assert.Equal(tag, request.Filter.UnknownTag);
        Assert.Equal(2, request.Filter.IdCount);
        Assert.True(request.Filter.TryTakeId(out ulong first));
        Assert.True(request.Filter.TryTakeId(out ulong second));
        Assert.False(request.Filter.TryTakeId(out _));
        Assert.Equal((3ul, 4ul), (first, second));
    }

    [Fact]
    public void A_filter_without_fields_holds_nothing_against_anyone()
    {
        Assert.True(QueueDeadSelectRequest.TryRead(
            Vector.Named("queue-dead-delete-all").Body(), out QueueDeadSelectRequest request));

        Assert.Equal((0, false, null, null), (
            request.Filter.IdCount, request.Filter.HasSource, request.Filter.Cause, request.Filter.UnknownTag));
    }

    [Fact]
    public void A_message_of_a_batch_does_not_reach_into_the_next_one()
    {
        byte[] body = Vector.Named("queue-push-batch").Body();

        Assert.True(QueuePushBatchRequest.TryRead(body, out QueuePushBatchRequest request));
        Assert.True(request.TryTake(out PushedMessage first));
        Assert.True(request.TryTake(out PushedMessage second));

        Assert.Equal("one", Encoding.UTF8.GetString(first.Body));
        Assert.Equal("two", Encoding.UTF8.GetString(second.Body));
    }

    [Fact]
    public void A_delivery_can_be_written_around_a_body_that_lies_elsewhere()
    {
        using var whole = new FrameBuffer();
        using var pieces = new FrameBuffer();
        var message = new DeliveredMessage
        {
            MessageId = 7,
            Parts = DeliveryParts.Group,
            Group = "tenant-1"u8,
            Body = "hello"u8,
        };

        whole.Begin(Opcode.QueueConsume, FrameKind.Push, 1);
        message.Write(whole);
        whole.End();
        pieces.Begin(Opcode.QueueConsume, FrameKind.Push, 1);
        message.WriteStart(pieces, headerBytes: 0, bodyBytes: 5);
        pieces.WriteUInt16(0);
        pieces.Write("hello"u8);
        pieces.End();

        Assert.Equal(whole.Written.ToArray(), pieces.Written.ToArray());
        Assert.Equal(message.Size, whole.Count - FrameHeader.Size);
    }

    [Fact]
    public void Headers_that_their_size_cannot_say_are_not_written()
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.QueuePushBatch, FrameKind.Request, 1);
        byte[] block = new byte[65_536];

        Assert.Throws<OverflowException>(() => new PushedMessage { Headers = block }.WriteItem(buffer));
        Assert.Throws<OverflowException>(() => new DeliveredMessage { Headers = block }.Write(buffer));
        Assert.Throws<OverflowException>(() => new KeptMessage { Headers = block }.Write(buffer));
        Assert.Equal(0, buffer.BodyCount);
    }

    [Fact]
    public void What_is_logged_is_a_write_and_nothing_else_is()
    {
        Opcode[] writes =
        [
            Opcode.QueueDeclare, Opcode.QueueUpdate, Opcode.QueuePause, Opcode.QueueResume, Opcode.QueuePurge,
            Opcode.QueueDelete, Opcode.QueuePush, Opcode.QueuePushBatch, Opcode.QueueAck, Opcode.QueueNack,
            Opcode.QueueDeadLetter, Opcode.QueueDeadRedrive, Opcode.QueueDeadDelete, Opcode.ScheduleSet, Opcode.ScheduleDelete,
        ];

        Assert.Equal(writes, Enum.GetValues<Opcode>().Where(opcode => opcode.IsWrite() && opcode.IsQueue()));
        Assert.All(Enum.GetValues<Opcode>(), opcode =>
            Assert.Equal(
                opcode.IsStoreWrite() || opcode.IsQueueWrite() || opcode.IsTopicWrite() || opcode.IsStreamWrite(),
                opcode.IsWrite()));
    }

    private static ReadOnlySpan<byte> Body(FrameBuffer buffer) => buffer.Written.Span[FrameHeader.Size..];
}
