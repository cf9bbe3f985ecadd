using Nexo.Protocol;
using Nexo.Server.Data;
using Nexo.Storage;

namespace Nexo.Server.Native;

/// <summary>
/// ADMIN BACKUP: pushes the bytes of a backup in their order, one credit a push, until the last; then it ends with code 0. A
/// client that gives no credit for a while is let go, since a backup holds back the log.
/// </summary>
internal sealed class BackupSubscription(NativeConnection connection, uint id, uint credits, Backup backup) : ISubscription
{
    private const int PushBytes = 64 * 1_024;
    private const int UnsentBytesMax = 4 * PushBytes;
    private static readonly TimeSpan CreditPatience = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource? _credited;
    private uint _credits = credits;
    private bool _isStopped;
    private ErrorCode _endCode;
    private string _endMessage = string.Empty;

    public void Start() => _ = RunAsync();

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
            _stop.Cancel();
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
        catch (TimeoutException)
        {
            End(ErrorCode.SlowConsumer, "No credit came for a minute; a backup holds back the log, so it cannot wait.");
        }
        catch (Exception failure) when (failure is IOException or WalException)
        {
            End(ErrorCode.StorageFailed, $"The backup could not be made: {failure.Message}");
        }

        Finish();
    }

    private void Finish()
    {
        backup.Dispose();
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
                frames.Begin(Opcode.AdminBackup, FrameKind.Push, id);
                frames.Write(bytes.Span.Slice(at, Math.Min(PushBytes, bytes.Length - at)));
                frames.End();
                connection.Post(frames);
                if (connection.BytesPending > UnsentBytesMax)
                {
                    await connection.WhenTakenAsync();
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

            await credited.WaitAsync(CreditPatience);
        }
    }
}
