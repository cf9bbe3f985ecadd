using System.Diagnostics;
using Nexo.Protocol;
using Nexo.Server.Connections;

namespace Nexo.Server.Native;

/// <summary>
/// A request that is handled on a pool thread, since it may look into files. It is done in a moment, so CANCEL means nothing.
/// </summary>
/// <param name="connection">Where the answer goes.</param>
/// <param name="opcode">What was asked.</param>
/// <param name="correlation">Of the request.</param>
/// <param name="answer">
/// Does it, and writes the one frame that answers; true: that is to leave when the disk has what was done.
/// </param>
internal sealed class PooledRequest(
    NativeConnection connection, Opcode opcode, uint correlation, Func<FrameBuffer, bool> answer)
    : WaitingRequest, IThreadPoolWorkItem
{
    /// <summary>Has it handled, once the replies before it have been sent.</summary>
    public static void Run(in Request request, Func<FrameBuffer, bool> answer)
    {
        NativeConnection connection = request.Connection;
        if (connection.TryReserve(request.Opcode, request.Correlation))
        {
            connection.Add(
                request.Correlation, new PooledRequest(connection, request.Opcode, request.Correlation, answer));
        }
    }

    public override void Start()
    {
        connection.CountSubscriber(1);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public override void Cancel()
    {
    }

    public void Execute()
    {
        var frame = new FrameBuffer();
        bool waits = Answer(frame);
        _ = FinishAsync(frame, waits);
    }

    private async Task FinishAsync(FrameBuffer frame, bool waits)
    {
        if (waits && !await connection.Server.Persistence.FlushAsync())
        {
            frame.Clear();
            ErrorBody.WriteFrame(
                frame, opcode, FrameKind.Error, correlation, ErrorCode.StorageFailed, HeldReplies.FailedMessage);
        }

        connection.Complete(correlation, frame);
        frame.Dispose();
        connection.CountSubscriber(-1);
    }

    // Whatever happens there is an answer: without it the connection would never end.
    private bool Answer(FrameBuffer frame)
    {
        try
        {
            return answer(frame);
        }
        catch (Exception failure) when (failure is not (UnreachableException or InsufficientMemoryException))
        {
            connection.All.LogUnexpected(connection, failure);
            frame.Clear();
            ErrorBody.WriteFrame(
                frame, opcode, FrameKind.Error, correlation, ErrorCode.Internal, "It failed; the server's log says why.");
            return false;
        }
    }
}
