using System.Text;

namespace Nexo.Protocol.Tests;

/// <summary>What the golden frames of Pub/Sub do not show.</summary>
public sealed class TopicMessageTests
{
    [Fact]
    public void A_frame_that_is_put_together_by_hand_is_the_golden_one()
    {
        Vector vector = Vector.Named("topic-push");
        var message = new PublishedMessage { Topic = "sensors/1/temp"u8, Body = "21.5"u8 };
        var frame = new byte[TopicPush.FrameStartSize + message.Size];

        TopicPush.WriteFrameStart(frame, vector.Node["correlation"]!.GetValue<uint>(), 0, 1, (int)message.Size);
        int size = message.WriteTo(frame.AsSpan(TopicPush.FrameStartSize));

        Assert.Equal(message.Size, size);
        Assert.Equal(vector.Bytes, frame);
    }

    [Fact]
    public void The_retained_bit_is_where_it_is_said_to_be()
    {
        var message = new PublishedMessage { Topic = "t"u8, Body = "b"u8 };
        var item = new byte[message.Size];
        message.WriteTo(item);

        item[PublishedMessage.FlagsOffset] |= (byte)PublishedFlags.Retained;

        Assert.True(PublishedMessage.TryReadNext(item, out PublishedMessage read, out _));
        Assert.True(read.IsRetained);
        Assert.Equal("t", Encoding.UTF8.GetString(read.Topic));
    }

    [Fact]
    public void A_message_is_not_written_where_it_does_not_fit()
    {
        var item = new byte[PublishedMessage.Measure(1, 0, 1) - 1];

        Assert.Throws<ArgumentException>(() => new PublishedMessage { Topic = "t"u8, Body = "b"u8 }.WriteTo(item));
        Assert.All(item, written => Assert.Equal(0, written));
    }

    [Fact]
    public void What_its_size_cannot_say_is_not_written()
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.TopicPublishBatch, FrameKind.Request, 1);
        byte[] tooLong = new byte[65_536];

        Assert.Throws<OverflowException>(() => new TopicPublication { Headers = tooLong }.WriteItem(buffer));
        Assert.Throws<OverflowException>(() => new TopicPublication { Topic = tooLong }.WriteItem(buffer));
        Assert.Throws<OverflowException>(() => new PublishedMessage { Headers = tooLong }.Write(buffer));
        Assert.Throws<OverflowException>(() => new PublishedMessage { Topic = tooLong }.Write(buffer));
        Assert.Throws<OverflowException>(() => new RetainedListItem { Headers = tooLong }.Write(buffer));
        Assert.Equal(0, buffer.BodyCount);
    }

    [Fact]
    public void Filters_that_are_added_do_not_reach_into_those_that_are_removed()
    {
        Assert.True(TopicFiltersRequest.TryRead(Vector.Named("topic-filters").Body(), out TopicFiltersRequest request));

        Assert.True(request.Added.TryTake(out ReadOnlySpan<byte> added));
        Assert.False(request.Added.TryTake(out _));
        Assert.True(request.Removed.TryTake(out ReadOnlySpan<byte> removed));
        Assert.False(request.Removed.TryTake(out _));
        Assert.Equal(("alarms/+", "alarms/#"), (Encoding.UTF8.GetString(added), Encoding.UTF8.GetString(removed)));
    }

    [Fact]
    public void The_detail_of_a_refusing_binding_says_what_was_done()
    {
        Assert.True(ErrorBody.TryRead(Vector.Named("error-binding-refused").Body(), out ErrorBody error));
        Assert.True(BindingRefusedDetail.TryRead(error.Detail, out BindingRefusedDetail refused));
        Span<byte> written = stackalloc byte[BindingRefusedDetail.Size];
        refused.Write(written);

        Assert.Equal(new BindingRefusedDetail(new TopicPublishReply(2, 1), 1), refused);
        Assert.Equal(error.Detail.ToArray(), written.ToArray());
        Assert.False(BindingRefusedDetail.TryRead(error.Detail[1..], out _));
    }

    [Fact]
    public void What_may_be_logged_is_a_write_and_nothing_else_is()
    {
        Opcode[] writes =
        [
            Opcode.TopicPublish, Opcode.TopicPublishBatch, Opcode.RetainedClear, Opcode.BindingSet, Opcode.BindingDelete,
        ];

        Assert.Equal(writes, Enum.GetValues<Opcode>().Where(opcode => opcode.IsWrite() && opcode.IsTopic()));
        Assert.Equal(
            [Opcode.TopicPublish, Opcode.TopicPublishBatch], Enum.GetValues<Opcode>().Where(opcode => opcode.IsPublish()));
    }
}
