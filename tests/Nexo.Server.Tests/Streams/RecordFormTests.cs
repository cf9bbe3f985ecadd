using CsCheck;
using Nexo.Engine;
using Nexo.Engine.Streams;
using Nexo.Protocol;

namespace Nexo.Server.Tests.Streams;

/// <summary>
/// The records of the protocol and those of the engine are the same bytes, which neither of them can see alone.
/// </summary>
public sealed class RecordFormTests
{
    private static readonly Gen<Sample> AnyRecord = Gen.Select(
        Gen.Byte.Array[0, 20].Null(), Gen.Byte.Array[0, 20], Gen.Byte.Array[0, 40], Gen.Bool, Gen.Int[-1_000, 1_000], Gen.Bool)
        .Select((key, header, value, isTombstone, time, hasTime) => new Sample(
            key,
            header.Length == 0 ? [] : [1, (byte)'h', (byte)header.Length, 0, .. header],
            isTombstone ? [] : value,
            isTombstone,
            hasTime ? time : null));

    [Fact]
    public void What_a_batch_brings_is_what_a_read_gives() => AnyRecord.Array[1, 8].Sample(
        records =>
        {
            using var streams = new StreamService(new StreamLimits(), new EngineClock(TimeProvider.System));
            Assert.Equal(StreamStatus.Ok, streams.Create("s"u8, new StreamOptionSet(), out _));
            using var buffer = new FrameBuffer();
            long now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            Encode(buffer, records, now);

            Assert.True(StreamAppendBatchRequest.TryRead(Body(buffer, 0), out StreamAppendBatchRequest request));
            Assert.Equal(StreamStatus.Ok, streams.AppendBatch(
                request.Stream, (int)request.Count, request.Records, new StreamAppendTerms(), out StreamAppended appended));
            int replyAt = buffer.Count;
            buffer.Begin(Opcode.StreamRead, FrameKind.Reply, 1);
            StreamReadReply.WriteStart(buffer, default, 0, 0);
            Assert.Equal(StreamStatus.Ok, streams.Read(
                "s"u8, new StreamReadTerms { From = new StreamPlace(StreamFrom.Beginning) }, buffer, out StreamReadResult read));
            StreamReadReply.PatchStart(
                buffer,
                new OffsetRange((ulong)read.Range.First, (ulong)read.Range.Next),
                (ulong)read.ContinueAt,
                (uint)read.Count);
            buffer.End();

            Assert.Equal((StreamOutcome.Appended, 0L), (appended.Outcome, appended.Offset));
            Assert.True(StreamReadReply.TryRead(Body(buffer, replyAt), out StreamReadReply reply));
            AssertSame(records, now, appended.TimestampMs, reply.Records);
        },
        iter: 200,
        threads: 1);

    // What is refused here is answered as malformed, and the protocol has found it well formed.
    [Fact]
    public void The_engine_takes_every_record_that_the_protocol_reads() => Gen.Byte[0, 6].Array[0, 24].Sample(
        bytes =>
        {
            using var streams = new StreamService(new StreamLimits(), new EngineClock(TimeProvider.System));
            streams.Create("s"u8, new StreamOptionSet(), out _);
            byte[] body = [0, 0, 0, 0, 1, 0, 0, 0, (byte)'s', 1, 0, 0, 0, .. bytes];
            bool isRead = StreamAppendBatchRequest.TryRead(body, out _);
            StreamStatus status = streams.AppendBatch("s"u8, 1, bytes, new StreamAppendTerms(), out _);

            // Headers are looked into by the protocol alone, a producer's time by the engine alone.
            Assert.True(!isRead || status is StreamStatus.Ok or StreamStatus.TimestampOutOfRange, $"{status}");
        },
        iter: 5_000,
        threads: 1);

    private static void Encode(FrameBuffer buffer, Sample[] records, long now)
    {
        buffer.Begin(Opcode.StreamAppendBatch, FrameKind.Request, 1);
        new StreamAppendBatchRequest { Stream = "s"u8 }.WriteStart(buffer, (uint)records.Length);
        foreach (Sample record in records)
        {
            new NewRecord
            {
                Parts = record.Parts,
                Timestamp = now + (record.Time ?? 0),
                Key = record.Key,
                Headers = record.Headers,
                Value = record.Value,
            }.Write(buffer);
        }

        buffer.End();
    }

    private static void AssertSame(Sample[] records, long now, long appendedAt, scoped RecordRun run)
    {
        Assert.Equal((uint)records.Length, run.Count);
        for (int i = 0; run.TryTake(out StreamedRecord record); i++)
        {
            Sample sample = records[i];
            Assert.Equal((ulong)i, record.Offset);
            Assert.Equal(sample.Parts, record.Parts);
            Assert.Equal(sample.Key ?? [], record.Key.ToArray());
            Assert.Equal(sample.Headers, record.Headers.ToArray());
            Assert.Equal(sample.Value, record.Value.ToArray());
            if (sample.Time is { } time)
            {
                Assert.Equal(now + time, record.Timestamp);
            }
            else if (i == 0)
            {
                Assert.Equal(appendedAt, record.Timestamp);
            }
        }
    }

    private static ReadOnlySpan<byte> Body(FrameBuffer buffer, int frameAt) =>
        buffer.Written.Span[(frameAt + FrameHeader.Size)..];

    private sealed record Sample(byte[]? Key, byte[] Headers, byte[] Value, bool IsTombstone, int? Time)
    {
        public RecordParts Parts =>
            (Time is null ? 0 : RecordParts.Timestamp)
            | (Key is null ? 0 : RecordParts.Key)
            | (IsTombstone ? RecordParts.Tombstone : 0);
    }
}
