using System.Buffers.Binary;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>What cannot be done with streams, and the answers that say why.</summary>
public sealed class StreamBadInputTests
{
    private const int Kb = 1_024;

    [Fact]
    public async Task A_stream_that_is_not_there_is_made_by_nothing_but_its_creation()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Frame[] answers =
        [
            await peer.TryAppendAsync("s", "x"),
            await peer.TryAppendBatchAsync("s", StreamPeer.NewNumbers(0, 1)),
            await peer.TryReadStreamAsync("s", StreamPeer.At(0)),
            await peer.TryReadStreamAsync("s", StreamPeer.At(0), waitMs: 1_000),
            await peer.TryTailAsync(7, "s", StreamPeer.At(0), credits: 1),
            await peer.TryTrimAsync("s", TrimBy.Records, 1),
            await peer.DeleteStreamAsync("s"),
            await peer.AskAsync(Opcode.StreamDescribe, 3, buffer => buffer.WriteUtf8("s")),
            await peer.AskAsync(Opcode.StreamUpdate, 3, buffer => StreamUpdateRequest.WriteStart(buffer, 0, "s"u8)),
        ];
        Assert.All(answers, answer => Assert.Equal(
            (FrameKind.Error, ErrorCode.StreamNotFound), (answer.Header.Kind, answer.Code)));
        Assert.Equal(0, server.Native.Streams.Count);

        // The correlation of a tail that was refused is free.
        await peer.CreateAsync("s");
        await peer.TailAsync(7, "s", StreamPeer.At(0), credits: 1);
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(11, 10)]
    [InlineData(ulong.MaxValue, 10)]
    public async Task An_offset_that_is_not_there_is_refused_with_the_range_or_clamped(ulong offset, ulong clamped)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.AppendBatchAsync("s", StreamPeer.NewNumbers(0, 10));
        await peer.TrimAsync("s", TrimBy.Offset, 4);

        Frame[] refused =
        [
            await peer.TryReadStreamAsync("s", StreamPeer.At(offset)),
            await peer.TryReadStreamAsync("s", StreamPeer.At(offset), waitMs: 1_000),
            await peer.TryReadStreamAsync("s", StreamPeer.At(offset, PositionFlags.Backward)),
            await peer.TryTailAsync(7, "s", StreamPeer.At(offset), credits: 100),
        ];
        Assert.All(refused, answer => Assert.Equal(
            (ErrorCode.OffsetOutOfRange, new OffsetRange(4, 10)), (answer.Code, StreamPeer.RangeOf(answer))));

        Page read = await peer.ReadStreamAsync("s", StreamPeer.At(offset, PositionFlags.Clamp));
        Assert.Equal(StreamPeer.Numbers((int)clamped, 10 - (int)clamped), read.Values);
        using RawPeer writer = await RawPeer.GreetAsync(server);
        await peer.TailAsync(7, "s", StreamPeer.At(offset, PositionFlags.Clamp), credits: 100);
        await writer.AppendAsync("s", "10");
        Assert.Equal(clamped, (await peer.ReadTailAsync(7, 11 - (int)clamped))[0].Offset);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    public async Task An_absurd_time_is_no_record_s(long timestamp)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.CreateAsync("untimed", (StreamOptionTag.TimestampBoundMs, 0));
        Assert.Equal(ErrorCode.TimestampOutOfRange, (await peer.TryAppendAsync("s", "x", timestamp: timestamp)).Code);
        Assert.Equal(
            ErrorCode.TimestampOutOfRange,
            (await peer.TryAppendBatchAsync("s", [new New("fine"), new New("x", Timestamp: timestamp)])).Code);
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Assert.Equal(ErrorCode.TimestampOutOfRange, (await peer.TryAppendAsync("untimed", "x", timestamp: now)).Code);
        Assert.Equal(new OffsetRange(0, 0), await peer.RangeAsync("s"));

        Assert.Equal(FrameKind.Reply, (await peer.TryAppendAsync("s", "x", timestamp: now - 1_000)).Header.Kind);
        Assert.Equal(now - 1_000, (await peer.ReadStreamAsync("s", StreamPeer.At(0))).Records.Single().Timestamp);
    }

    [Fact]
    public async Task A_gap_in_a_producer_s_sequence_is_refused_with_the_one_that_is_next()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        Frame begun = await peer.TryAppendAsync("s", "x", producer: (9, 4));
        Assert.Equal((ErrorCode.SequenceGap, 0ul), (begun.Code, Expected(begun)));
        await peer.TryAppendAsync("s", "0", producer: (9, 0));
        await peer.TryAppendAsync("s", "1", producer: (9, 1));
        Frame gap = await peer.TryAppendAsync("s", "3", producer: (9, 3));
        Assert.Equal((ErrorCode.SequenceGap, 2ul), (gap.Code, Expected(gap)));

        Frame again = await peer.TryAppendAsync("s", "1", producer: (9, 1));
        Assert.True(StreamAppendReply.TryRead(again.Body, out StreamAppendReply reply));
        Assert.Equal(new StreamAppendReply(AppendOutcome.Duplicate, 1, 0, 0), reply);
        Assert.Equal(StreamPeer.Numbers(0, 2), (await peer.ReadStreamAsync("s", StreamPeer.At(0))).Values);

        static ulong Expected(Frame frame)
        {
            Assert.True(ErrorBody.TryRead(frame.Body, out ErrorBody error));
            return BinaryPrimitives.ReadUInt64LittleEndian(error.Detail);
        }
    }

    [Fact]
    public async Task A_version_that_is_not_there_is_a_conflict_that_tells_the_actual_one()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.AppendAsync("s", "a", key: "k");
        await peer.AppendAsync("s", "b");

        StreamAppendReply stream = await peer.AppendAsync("s", "x", expectedNext: 1);
        Assert.Equal((AppendOutcome.Conflict, 2ul), (stream.Outcome, stream.Offset));
        Frame key = await peer.TryAppendAsync("s", "x", key: "k", expectedKeyVersion: 0);
        Assert.True(StreamAppendReply.TryRead(key.Body, out StreamAppendReply reply));
        Assert.Equal((AppendOutcome.Conflict, 2ul, 1ul), (reply.Outcome, reply.Offset, reply.KeyVersion));
        Assert.Equal(ErrorCode.KeyInvalid, (await peer.TryAppendAsync("s", "x", expectedKeyVersion: 0)).Code);
        Frame batch = await peer.TryAppendBatchAsync("s", StreamPeer.NewNumbers(0, 5), expectedNext: 7);
        Assert.True(StreamAppendReply.TryRead(batch.Body, out reply));
        Assert.Equal((AppendOutcome.Conflict, 2ul), (reply.Outcome, reply.Offset));

        key = await peer.TryAppendAsync("s", "x", key: "k", expectedKeyVersion: 1);
        Assert.True(StreamAppendReply.TryRead(key.Body, out reply));
        Assert.Equal((AppendOutcome.Appended, 2ul, 3ul), (reply.Outcome, reply.Offset, reply.KeyVersion));
    }

    [Fact]
    public async Task A_record_that_is_too_large_is_refused_alone_and_with_its_batch()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s", (StreamOptionTag.RecordBytesMax, 100));
        Assert.Equal(FrameKind.Reply, (await peer.TryAppendAsync("s", new string('x', 96), key: "four")).Header.Kind);
        Assert.Equal(ErrorCode.ValueTooLarge, (await peer.TryAppendAsync("s", new string('x', 97), key: "four")).Code);
        Assert.Equal(
            ErrorCode.ValueTooLarge, (await peer.TryAppendBatchAsync("s", [new New("x"), new New(new string('x', 101))])).Code);
        await peer.CreateAsync("large");
        Assert.Equal(ErrorCode.KeyInvalid, (await peer.TryAppendAsync("large", "x", key: new string('k', 64 * Kb))).Code);
        Assert.Equal(new OffsetRange(0, 1), await peer.RangeAsync("s"));
    }

    [Fact]
    public async Task The_largest_record_comes_back_and_a_batch_beyond_the_frame_ends_the_connection()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            Connections = options.Connections with { FrameBytesMax = 256 * Kb },
        });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        int most = server.Native.Streams.Limits.RecordBytesMax;
        Assert.Equal(0ul, (await peer.AppendAsync("s", new string('x', most))).Offset);
        Assert.Equal(ErrorCode.ValueTooLarge, (await peer.TryAppendAsync("s", new string('x', most + 1))).Code);
        await peer.AppendAsync("s", new string('y', most));
        Assert.Equal(most, (await peer.ReadStreamAsync("s", StreamPeer.At(0))).Values.Single().Length);
        await peer.TailAsync(7, "s", StreamPeer.At(0), credits: 10);
        Assert.Equal(["x", "y"], (await peer.ReadTailAsync(7, 2)).Select(record => record.Value[..1]));

        await peer.RequestAsync(
            Opcode.StreamAppendBatch, 8, buffer => StreamPeer.Batch(buffer, "s", [.. Enumerable.Repeat(new New(new string('x', most)), 2)]));
        Assert.Equal(ErrorCode.FrameTooLarge, (await peer.ReadAsync()).Code);
        Assert.Equal(FrameKind.End, (await peer.ReadAsync()).Header.Kind);
        Assert.Null(await peer.TryReadAsync());
    }

    [Fact]
    public async Task Batches_and_reads_that_are_none_are_refused_and_change_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        New[] two = StreamPeer.NewNumbers(0, 2);
        Assert.Equal(ErrorCode.InvalidArgument, (await peer.TryAppendBatchAsync("s", [])).Code);
        Assert.Equal(ErrorCode.Malformed, (await peer.TryAppendBatchAsync("s", two, count: 1)).Code);
        Assert.Equal(ErrorCode.Malformed, (await peer.TryAppendBatchAsync("s", two, count: 3)).Code);
        Assert.Equal(ErrorCode.Malformed, (await peer.TryAppendBatchAsync("s", two, count: uint.MaxValue)).Code);
        Assert.Equal(
            ErrorCode.InvalidArgument, (await peer.TryAppendBatchAsync("s", [.. Enumerable.Repeat(two[0], 65_537)])).Code);
        Assert.Equal(ErrorCode.Malformed, (await peer.TryAppendBatchAsync("s", [new New("x", "k", IsTombstone: true)])).Code);

        StreamPosition end = new(PositionKind.End);
        Assert.Equal(ErrorCode.InvalidArgument, (await peer.TryReadStreamAsync("s", end, recordsMax: 0)).Code);
        Assert.Equal(ErrorCode.InvalidArgument, (await peer.TryReadStreamAsync("s", end, waitMs: 86_400_001)).Code);
        Assert.Equal(
            ErrorCode.InvalidArgument,
            (await peer.TryTailAsync(7, "s", new StreamPosition(PositionKind.End, 0, PositionFlags.Backward), credits: 1)).Code);
        foreach (Opcode opcode in (Opcode[])[
            Opcode.StreamCreate, Opcode.StreamList, Opcode.StreamUpdate, Opcode.StreamTrim, Opcode.StreamDelete,
            Opcode.StreamAppend, Opcode.StreamAppendBatch, Opcode.StreamRead, Opcode.StreamTail])
        {
            Assert.Equal(ErrorCode.Malformed, (await peer.AskAsync(opcode, 9, _ => { })).Code);
        }

        Assert.Equal(new OffsetRange(0, 0), await peer.RangeAsync("s"));
    }

    [Fact]
    public async Task A_cancelled_read_is_answered_and_an_open_correlation_is_not_given_twice()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.BeginReadAsync(5, "s", StreamPeer.At(0), waitMs: 60_000);
        await Poll.UntilAsync(() => server.Native.Streams.Totals.Readers == 1);
        Assert.Equal(ErrorCode.CorrelationInUse, (await peer.TryReadStreamAsync("s", StreamPeer.At(0), correlation: 5)).Code);

        await peer.NoticeAsync(Opcode.Cancel, 5);
        Frame cancelled = await peer.ReadAsync();
        Assert.Equal((5u, ErrorCode.Cancelled), (cancelled.Header.Correlation, cancelled.Code));
        await Poll.UntilAsync(() => server.Native.Streams.Totals.Readers == 0);
        Assert.Empty((await peer.ReadStreamAsync("s", StreamPeer.At(0))).Records);
    }
}
