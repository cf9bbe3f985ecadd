using Nexo.Protocol;
using Nexo.Server.Data;
using Nexo.Storage;

namespace Nexo.Server.Native;

/// <summary>
/// ADMIN SNAPSHOT: answered when the snapshot is on disk, or could not be written, or CANCEL came. Cancelling ends the wait:
/// the snapshot may be somebody else's too, and is written all the same.
/// </summary>
internal sealed class SnapshotRequest(NativeConnection connection, uint correlation, SnapshotService snapshots)
    : WaitingRequest
{
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override void Start() => _ = AnswerAsync();

    public override void Cancel() => _cancelled.TrySetResult();

    private async Task AnswerAsync()
    {
        // The reading thread goes on at once.
        await Task.Yield();
        Task<SnapshotReport> written = snapshots.RequestAsync();
        await Task.WhenAny(written, _cancelled.Task);
        using var answer = new FrameBuffer();
        if (written.IsCompletedSuccessfully)
        {
            SnapshotReport snapshot = await written;
            answer.Begin(Opcode.AdminSnapshot, FrameKind.Reply, correlation);
            new SnapshotReply(snapshot.Position.Value, snapshot.Bytes).Write(answer);
            answer.End();
        }
        else
        {
            (ErrorCode code, string message) = Explain(written.Exception?.InnerException);
            ErrorBody.WriteFrame(answer, Opcode.AdminSnapshot, FrameKind.Error, correlation, code, message);
        }

        connection.Complete(correlation, answer);
    }

    private static (ErrorCode Code, string Message) Explain(Exception? failure) => failure switch
    {
        null => (ErrorCode.Cancelled, "Cancelled; the snapshot is written all the same."),
        DiskException { Error: DiskError.Full } => (ErrorCode.StorageFull, "The disk has no room for a snapshot."),
        WalException { Error: WalError.Closed } => (ErrorCode.ShuttingDown, "The server is shutting down."),
        DiskException or WalException or TimeoutException =>
            (ErrorCode.StorageFailed, $"The snapshot could not be written: {failure.Message}"),
        _ => (ErrorCode.Internal, "The snapshot could not be written; the server's log says why."),
    };
}
