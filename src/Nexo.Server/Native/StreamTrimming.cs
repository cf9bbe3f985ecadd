using Nexo.Engine.Streams;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>A STREAM TRIM, on a pool thread.</summary>
internal sealed class StreamTrimming(
    NativeConnection connection, uint correlation, byte[] stream, StreamTrimBy by, ulong value)
    : WaitingRequest, IThreadPoolWorkItem
{
    public override void Start()
    {
        connection.CountSubscriber(1);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    // It is done in a moment.
    public override void Cancel()
    {
    }

    public void Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        using var answer = new FrameBuffer();
        StreamService streams = connection.Server.Streams;
        StreamStatus status = streams.Trim(stream, by, value, out long first, out bool waits);
        if (status != StreamStatus.Ok)
        {
            streams.Describe(stream, out _, out StreamRange range);
            var head = new FrameHeader(0, Opcode.StreamTrim, FrameKind.Error, FrameFlags.None, correlation);
            StreamFailures.WriteFrame(answer, head, status, range, streams.Limits);
        }
        else if (waits && !await connection.Server.Persistence.FlushAsync())
        {
            ErrorBody.WriteFrame(
                answer, Opcode.StreamTrim, FrameKind.Error, correlation, ErrorCode.StorageFailed, HeldReplies.FailedMessage);
        }
        else
        {
            answer.Begin(Opcode.StreamTrim, FrameKind.Reply, correlation);
            new StreamTrimReply((ulong)first).Write(answer);
            answer.End();
        }

        connection.Complete(correlation, answer);
        connection.CountSubscriber(-1);
    }
}
