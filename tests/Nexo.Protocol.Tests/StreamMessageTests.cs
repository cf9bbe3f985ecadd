using System.Text;

namespace Nexo.Protocol.Tests;

/// <summary>What the golden frames of streams do not show.</summary>
public sealed class StreamMessageTests
{
    [Fact]
    public void Behind_its_time_a_new_record_is_the_bytes_of_the_one_that_is_read()
    {
        using var buffer = new FrameBuffer();
        new NewRecord
        {
            Parts = RecordParts.Timestamp | RecordParts.Key,
            Timestamp = 5,
            Key = "key"u8,
            Headers = [1, (byte)'a', 0, 0],
            Value = "value"u8,
        }.Write(buffer);
        int size = buffer.Count;
        StreamedRecord.Write(
            buffer, 7, 5, RecordParts.Timestamp | RecordParts.Key, "key"u8, [1, (byte)'a', 0, 0], "value"u8);
        ReadOnlySpan<byte> both = buffer.Written.Span;

        Assert.Equal(both[13..size], both[(size + 21)..]);
    }

    [Fact]
    public void A_record_of_a_batch_does_not_reach_into_the_next_one()
    {
        Assert.True(StreamAppendBatchRequest.TryRead(
            Vector.Named("stream-append-batch").Body(), out StreamAppendBatchRequest request));

        Assert.True(request.TryTake(out NewRecord first));
        Assert.True(request.TryTake(out NewRecord second));
        Assert.False(request.TryTake(out _));
        Assert.Equal("created", Encoding.UTF8.GetString(first.Value));
        Assert.Equal("paid", Encoding.UTF8.GetString(second.Value));
    }

    [Fact]
    public void Members_do_not_reach_into_the_options()
    {
        Assert.True(GroupDescribeReply.TryRead(
            Vector.Named("group-describe-reply").Body(), out GroupDescribeReply reply));

        Assert.True(reply.TryTakeMember(out GroupMember member));
        Assert.False(reply.TryTakeMember(out _));
        Assert.True(reply.Options.TryTake(out GroupOptionTag tag, out ulong number, out _));
        Assert.Equal((3ul, GroupOptionTag.DeliveriesMax, 5ul), (member.Member, tag, number));
    }

    [Fact]
    public void The_range_of_an_offset_error_is_its_detail()
    {
        Assert.True(ErrorBody.TryRead(Vector.Named("error-offset-out-of-range").Body(), out ErrorBody error));
        Assert.True(OffsetRange.TryRead(error.Detail, out OffsetRange range));
        Span<byte> written = stackalloc byte[OffsetRange.Size];
        range.Write(written);

        Assert.Equal(new OffsetRange(100, 1302), range);
        Assert.Equal(error.Detail, written);
        Assert.False(OffsetRange.TryRead(error.Detail[1..], out _));
    }

    [Fact]
    public void What_its_size_cannot_say_is_not_written()
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.StreamAppendBatch, FrameKind.Request, 1);
        byte[] block = new byte[65_536];

        Assert.Throws<OverflowException>(() => new NewRecord { Headers = block }.Write(buffer));
        Assert.Throws<OverflowException>(() => StreamedRecord.Write(buffer, 0, 0, RecordParts.None, default, block, default));
        Assert.Equal(0, buffer.BodyCount);
    }

    [Fact]
    public void What_is_logged_is_a_write_and_nothing_else_is()
    {
        Opcode[] writes =
        [
            Opcode.StreamCreate, Opcode.StreamUpdate, Opcode.StreamTrim, Opcode.StreamDelete, Opcode.StreamAppend,
            Opcode.StreamAppendBatch, Opcode.GroupCreate, Opcode.GroupDelete, Opcode.GroupSeek, Opcode.GroupCommit,
            Opcode.GroupAck, Opcode.GroupNack,
        ];

        Assert.Equal(writes, Enum.GetValues<Opcode>().Where(opcode => opcode.IsWrite() && opcode.IsStream()));
    }
}
