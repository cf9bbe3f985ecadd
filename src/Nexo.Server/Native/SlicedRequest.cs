using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>
/// A request whose work goes on in slices on pool threads, with other work between them. It is answered exactly once:
/// with its count, or with <see cref="ErrorCode.Cancelled"/> when CANCEL came first.
/// </summary>
internal sealed class SlicedRequest(
    NativeConnection connection, Opcode opcode, uint correlation, Func<bool> moveNext, Func<long> total)
    : IThreadPoolWorkItem
{
    private volatile bool _isCancelled;

    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public void Cancel() => _isCancelled = true;

    /// <summary>One slice, on a pool thread.</summary>
    public void Execute()
    {
        if (!_isCancelled && moveNext())
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }

        using var answer = new FrameBuffer();
        if (_isCancelled)
        {
            ErrorBody.WriteFrame(
                answer,
                opcode,
                FrameKind.Error,
                correlation,
                ErrorCode.Cancelled,
                $"Cancelled when {total()} entries had been gone through.");
        }
        else
        {
            answer.Begin(opcode, FrameKind.Reply, correlation);
            new CountReply(total()).Write(answer);
            answer.End();
        }

        connection.Complete(correlation, answer);
    }
}
