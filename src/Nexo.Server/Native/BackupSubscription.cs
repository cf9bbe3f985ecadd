using System.Diagnostics;
using Nexo.Protocol;
using Nexo.Server.Data;
using Nexo.Server.Security;
using Nexo.Storage;

namespace Nexo.Server.Native;

/// <summary>
/// ADMIN BACKUP: pushes the bytes of a backup in their order, one credit a push, until the last; then it ends with code 0. A
/// client that takes too little in a while is let go, since a backup holds back the log, and so is every one that keeps a
/// full disk from being freed.
/// </summary>
internal sealed class BackupSubscription(NativeConnection connection, uint id, uint credits, Backup backup) : ISubscription
{
    private const int PushBytes = 64 * 1_024;
    private const int UnsentBytesMax = 4 * PushBytes;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly BackupPace _pace = new();
    private TaskCompletionSource? _credited;
    private uint _credits = credits;
    private bool _isStopped;
    private ErrorCode _endCode;
    private string _endMessage = string.Empty;

    public void Start() => _ = RunAsync();

    public bool IsAllowed(Access access) => access.AllowsAdmin(AccessOperation.Manage);

    public void AddCredits(uint credits)
    {
        lock (_gate)
        {
            _credits = Math.Min(_credits + credits, CreditNotice.CreditsMax);
            _credited?.TrySetResult();
        }
    }

    public void End(ErrorCode code, string message)
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return;
            }

            _isStopped = true;
            _endCode = code;
            _endMessage = message;
            _credited?.TrySetResult();

            // What waits for it goes on elsewhere, and not under this lock.
            _ = _stop.CancelAsync();
        }
    }

    private async Task RunAsync()
    {
        // The reading thread goes on at once.
        await Task.Yield();
        try
        {
            await PushAllAsync();
            connection.Server.Backups.CountCompleted();
            End(ErrorCode.None, string.Empty);
        }
        catch (OperationCanceledException)
        {
            // Whoever ended it has said why.
        }
        catch (Exception failure) when (failure is IOException or WalException or TimeoutException)
        {
            End(ErrorCode.StorageFailed, $"The backup could not be made: {failure.Message}");
        }
        catch (Exception failure)
        {
            connection.All.LogUnexpected(connection, failure);
            End(ErrorCode.Internal, "The backup could not be made; the server's log says why.");
        }
        finally
        {
            Finish();
        }
    }

    private void Finish()
    {
        try
        {
            backup.Dispose();
        }
        catch (Exception failure)
        {
            connection.All.LogUnexpected(connection, failure);
        }

        using var last = new FrameBuffer();
        ErrorBody.WriteFrame(last, Opcode.AdminBackup, FrameKind.End, id, _endCode, _endMessage);
        connection.Complete(id, last);
        lock (_gate)
        {
            _isStopped = true;
            _stop.Dispose();
        }
    }

    private async Task PushAllAsync()
    {
        using var frames = new FrameBuffer();
        ReadOnlyMemory<byte> bytes;
        while (!(bytes = await backup.NextAsync(_stop.Token)).IsEmpty)
        {
            for (int at = 0; at < bytes.Length; at += PushBytes)
            {
                await TakeCreditAsync();
                GiveUpIfInTheWay();
                int count = Math.Min(PushBytes, bytes.Length - at);
                frames.Begin(Opcode.AdminBackup, FrameKind.Push, id);
                frames.Write(bytes.Span.Slice(at, count));
                frames.End();
                connection.Post(frames);
                _pace.OnTaken(count);
                if (connection.BytesPending > UnsentBytesMax)
                {
                    await WaitForClientAsync(connection.WhenTakenAsync());
                }
            }
        }
    }

    private async ValueTask TakeCreditAsync()
    {
        while (true)
        {
            Task credited;
            lock (_gate)
            {
                if (_isStopped)
                {
                    throw new OperationCanceledException(_stop.Token);
                }

                if (_credits > 0)
                {
                    _credits--;
                    return;
                }

                _credited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                credited = _credited.Task;
            }

            await WaitForClientAsync(credited);
        }
    }

    private async Task WaitForClientAsync(Task taken)
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpan patience = _pace.Left < LookEvery ? _pace.Left : LookEvery;
            await taken.WaitAsync(patience, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Token.ThrowIfCancellationRequested();
            long now = Stopwatch.GetTimestamp();
            bool isFast = _pace.OnWaited(Stopwatch.GetElapsedTime(since, now));
            since = now;
            GiveUpIfInTheWay();
            if (!isFast)
            {
                GiveUp(
                    ErrorCode.SlowConsumer,
                    "Too little was taken in a minute; a backup holds back the log, so it cannot wait.");
            }

            if (taken.IsCompleted)
            {
                return;
            }
        }
    }

    private void GiveUpIfInTheWay()
    {
        if (backup.IsInTheWay)
        {
            GiveUp(ErrorCode.StorageFull, "The disk is full, and the backup holds back the log that could be freed.");
        }
    }

    private void GiveUp(ErrorCode code, string message)
    {
        End(code, message);
        throw new OperationCanceledException(message);
    }
}
