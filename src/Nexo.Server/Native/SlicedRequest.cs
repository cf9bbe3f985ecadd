using Nexo.Protocol;
using Nexo.Storage;

namespace Nexo.Server.Native;

/// <summary>
/// A request whose work goes on in slices on pool threads, with other work between them. It is answered with its count, or
/// with <see cref="ErrorCode.Cancelled"/> when CANCEL came first.
/// </summary>
/// <param name="connection">Where the answer goes.</param>
/// <param name="request">What was asked.</param>
/// <param name="moveNext">Does a slice; false when it was the last.</param>
/// <param name="total">How many, as of now.</param>
/// <param name="waits">Whether the answer waits until what was done, or seen, is durable.</param>
internal sealed class SlicedRequest(
    NativeConnection connection, in Request request, Func<bool> moveNext, Func<SlicedResult> total, bool waits)
    : WaitingRequest, IThreadPoolWorkItem
{
    private readonly Opcode _opcode = request.Opcode;
    private readonly uint _correlation = request.Correlation;
    private volatile bool _isCancelled;

    public override void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public override void Cancel() => _isCancelled = true;

    /// <summary>One slice, on a pool thread.</summary>
    public void Execute()
    {
        if (!_isCancelled && moveNext())
        {
            _ = GoOnAsync();
        }
        else
        {
            _ = FinishAsync();
        }
    }

    // A slice that logs what it does goes on when the disk has caught up, as a connection does.
    private async Task GoOnAsync()
    {
        if (connection.Server.Persistence is { IsCrowded: true, Log: { } log })
        {
            await log.WhenRoomAsync().AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Start();
    }

    private async Task FinishAsync()
    {
        using var answer = new FrameBuffer();
        SlicedResult result = total();
        if (_isCancelled)
        {
            Fail(answer, ErrorCode.Cancelled, $"Cancelled when {result.Count} entries had been gone through.");
        }
        else if (result.Error != ErrorCode.None)
        {
            Fail(answer, result.Error, result.Message);
        }
        else if (waits && !await IsDurableAsync())
        {
            Fail(answer, ErrorCode.StorageFailed, HeldReplies.FailedMessage);
        }
        else
        {
            answer.Begin(_opcode, FrameKind.Reply, _correlation);
            new CountReply(result.Count).Write(answer);
            answer.End();
        }

        connection.Complete(_correlation, answer);
    }

    private async ValueTask<bool> IsDurableAsync()
    {
        Wal log = connection.Server.Persistence.Log!;
        try
        {
            await log.WhenDurableAsync(log.AppendedLsn);
            return true;
        }
        catch (WalException)
        {
            return false;
        }
    }

    private void Fail(FrameBuffer answer, ErrorCode code, string message) =>
        ErrorBody.WriteFrame(answer, _opcode, FrameKind.Error, _correlation, code, message);
}

/// <summary>How far sliced work has come, or why it ended early.</summary>
internal readonly record struct SlicedResult(long Count, ErrorCode Error = ErrorCode.None, string Message = "");
