using System.Text;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>A connected client, and a server that takes and gives records of streams.</summary>
public abstract class StreamHarness : StoreCommandHarness
{
    protected NexoStream<string> Stream => Client.Stream<string>("s");

    private protected static Action<FrameBuffer> Appended(
        ulong offset, AppendOutcome outcome = AppendOutcome.Appended, ulong keyVersion = 0, long timestamp = 1_000) =>
        buffer => new StreamAppendReply(outcome, offset, keyVersion, timestamp).Write(buffer);

    private protected static Action<FrameBuffer> Page(ulong first, ulong next, ulong continueAt, params ulong[] offsets) =>
        buffer =>
        {
            StreamReadReply.WriteStart(buffer, new OffsetRange(first, next), continueAt, (uint)offsets.Length);
            WriteRecords(buffer, offsets);
        };

    private protected static Task PushAsync(FakePeer peer, ReceivedFrame tail, ulong continueAt, params ulong[] offsets) =>
        peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.StreamTail, FrameKind.Push, tail.Correlation);
            StreamTailPush.WriteStart(buffer, continueAt, (uint)offsets.Length);
            WriteRecords(buffer, offsets);
            buffer.End();
        });

    private protected static async Task<ReceivedFrame> AcceptTailAsync(FakePeer peer, StreamPosition from, OffsetRange range)
    {
        ReceivedFrame tail = await peer.ReadAsync(Opcode.StreamTail);
        Assert.True(StreamTailRequest.TryRead(tail.Body, out StreamTailRequest request));
        Assert.Equal((from, "s"), (request.From, request.Stream.Text()));
        await peer.ReplyAsync(tail, range.Write);
        return tail;
    }

    /// <summary>What a batch brings: whose it is, and the values.</summary>
    private protected static (ulong Producer, ulong Sequence, string[] Values) BatchOf(ReceivedFrame frame)
    {
        Assert.Equal(Opcode.StreamAppendBatch, frame.Opcode);
        Assert.True(StreamAppendBatchRequest.TryRead(frame.Body, out StreamAppendBatchRequest request));
        Assert.Equal("s", request.Stream.Text());
        var values = new List<string>();
        while (request.TryTake(out NewRecord record))
        {
            values.Add(record.Value.Text());
        }

        return (request.Producer, request.Sequence, [.. values]);
    }

    private protected static StreamPosition FromOf(ReceivedFrame read)
    {
        Assert.True(StreamReadRequest.TryRead(read.Body, out StreamReadRequest request));
        return request.From;
    }

    private protected static Task FailAsync(FakePeer peer, ReceivedFrame request, ErrorCode code, params ulong[] detail) =>
        ErrorAsync(peer, request, FrameKind.Error, code, detail);

    private protected static Task EndAsync(FakePeer peer, ReceivedFrame tail, ErrorCode code, params ulong[] detail) =>
        ErrorAsync(peer, tail, FrameKind.End, code, detail);

    private protected static async Task<ulong> NextAsync(IAsyncEnumerator<StreamRecord<string>> records)
    {
        Assert.True(await records.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        return records.Current.Offset;
    }

    private protected static async Task<NexoException> RefusedAsync(Task call, ErrorCode code)
    {
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
        Assert.Equal(code, error.Code);
        return error;
    }

    private protected static void WriteRecords(FrameBuffer buffer, ulong[] offsets)
    {
        foreach (ulong offset in offsets)
        {
            StreamedRecord.Write(buffer, offset, 1_000, RecordParts.None, default, default, Encoding.UTF8.GetBytes($"{offset}"));
        }
    }

    private static Task ErrorAsync(FakePeer peer, ReceivedFrame frame, FrameKind kind, ErrorCode code, ulong[] detail) =>
        peer.SendAsync(buffer =>
        {
            buffer.Begin(frame.Opcode, kind, frame.Correlation);
            ErrorBody.Write(buffer, code, "no", Bytes(detail));
            buffer.End();
        });

    private static byte[] Bytes(ulong[] numbers) => [.. numbers.SelectMany(BitConverter.GetBytes)];
}
