using System.Buffers.Binary;
using System.Diagnostics;
using Nexo.Protocol;
using Nexo.Server.Connections;

namespace Nexo.Server.Native;

/// <summary>
/// A request whose work goes on in slices on pool threads, with other work between them. It is answered with its count, or
/// with <see cref="ErrorCode.Cancelled"/> when CANCEL came first.
/// </summary>
/// <param name="connection">Where the answer goes.</param>
/// <param name="request">What was asked.</param>
/// <param name="moveNext">Does a slice; false when it was the last.</param>
/// <param name="total">How many, as of now.</param>
/// <param name="pause">How long to wait before the next slice; null: not at all.</param>
/// <param name="waits">Whether the answer waits until what was done, or seen, is durable, whatever the work says.</param>
internal sealed class SlicedRequest(
    NativeConnection connection,
    in Request request,
    Func<bool> moveNext,
    Func<SlicedResult> total,
    Func<TimeSpan>? pause,
    bool waits)
    : WaitingRequest, IThreadPoolWorkItem
{
    private readonly Opcode _opcode = request.Opcode;
    private readonly uint _correlation = request.Correlation;
    private readonly TaskCompletionSource? _cancelled =
        pause is null ? null : new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _asked = NativeSubjects.Keep(request);
    private readonly long _from = Stopwatch.GetTimestamp();
    private volatile bool _isCancelled;

    public override void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public override void Cancel()
    {
        _isCancelled = true;
        _cancelled?.TrySetResult();
    }

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
        if (pause?.Invoke() is { } time && time > TimeSpan.Zero)
        {
            await Task.WhenAny(_cancelled!.Task, Task.Delay(time, connection.Server.Time));
        }

        if (connection.Server.Persistence is { IsCrowded: true } persistence)
        {
            await persistence.WhenLessCrowdedAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Start();
    }

    private async Task FinishAsync()
    {
        using var answer = new FrameBuffer();
        SlicedResult result = total();
        if (_isCancelled)
        {
            Fail(answer, ErrorCode.Cancelled, $"Cancelled when {result.Count} had been gone through.");
        }
        else if (result.Error != ErrorCode.None)
        {
            answer.Begin(_opcode, FrameKind.Error, _correlation);
            result.WriteError(answer);
            answer.End();
        }
        else if ((waits || result.Waits) && !await connection.Server.Persistence.FlushAsync())
        {
            Fail(answer, ErrorCode.StorageFailed, HeldReplies.FailedMessage);
        }
        else
        {
            answer.Begin(_opcode, FrameKind.Reply, _correlation);
            new CountReply(result.Count).Write(answer);
            answer.End();
        }

        connection.NoteEnded(_opcode, _asked, _from);
        connection.Complete(_correlation, answer);
    }

    private void Fail(FrameBuffer answer, ErrorCode code, string message) =>
        ErrorBody.WriteFrame(answer, _opcode, FrameKind.Error, _correlation, code, message);
}

/// <summary>How far sliced work has come, or why it ended early.</summary>
/// <param name="Waits">Whether what it did must be durable before it is told.</param>
/// <param name="TellsCount">Whether an error says how far it has come, as its detail: <c>[i64 count]</c>.</param>
internal readonly record struct SlicedResult(
    long Count, ErrorCode Error = ErrorCode.None, string Message = "", bool Waits = false, bool TellsCount = false)
{
    /// <summary>Writes the body of the error into the open frame.</summary>
    public void WriteError(FrameBuffer answer)
    {
        Span<byte> detail = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(detail, Count);
        ErrorBody.Write(answer, Error, Message, TellsCount ? detail : default);
    }
}
