using System.IO.Pipelines;
using Nexo.Protocol;
using Nexo.Server.Transport;

namespace Nexo.Server.Connections;

// The life of a connection: time-outs, a stop, the end.
internal abstract partial class ClientConnection
{
    // How long a peer that has been told to go may still be read, so that the reason reaches it before a reset does.
    private const int LingerMs = 250;
    private const int LingerBytesMax = 1_024 * 1_024;
    private static readonly TimeSpan OperatorGrace = TimeSpan.FromSeconds(1);

    private long _receivedAtMs;
    private long _hungUpAtMs;
    private volatile bool _isReady;
    private volatile bool _isEnding;
    private volatile bool _isGoingAway;
    private volatile bool _isHeld;
    private volatile bool _isVerifying;
    private bool _isClientLeaving;
    private int _isCut;
    private int _isAborted;

    /// <summary>Why the connection has ended, for the log.</summary>
    public string? CloseReason { get; protected set; }

    /// <summary>True when the client has said who it is, if it is asked.</summary>
    protected bool IsReady => _isReady;

    /// <summary>True while its credentials are verified: that is the server's own time, not the client's.</summary>
    protected bool IsVerifying
    {
        get => _isVerifying;
        set => _isVerifying = value;
    }

    /// <summary>True when nothing more is read.</summary>
    protected bool IsEnding => _isEnding;

    /// <summary>True when the server stops and takes no new requests from it.</summary>
    protected bool IsGoingAway => _isGoingAway;

    /// <summary>True when the client has said that it goes.</summary>
    protected bool IsClientLeaving => _isClientLeaving;

    private bool WaitsForDisk => _isHeld || _held is { IsEmpty: false };

    /// <summary>
    /// Stops taking new work, tells the client, lets what waits finish, then closes; ends when the connection has no
    /// more to do.
    /// </summary>
    public async Task GoAwayAsync(ErrorCode code, string message)
    {
        _isGoingAway = true;
        CloseReason = message;
        EndSubscriptions(code, message);
        PostGoAway(code, message);
        await WhenNothingOpenAsync();
        await (_held?.WhenEmptyAsync() ?? Task.CompletedTask);
        await _outbox.WhenIdleAsync();

        // What was on the wire before the client heard of it still gets its answer, a refusal.
        await Task.Delay(LingerMs);
        _input.CancelPendingRead();
    }

    /// <summary>Ends the connection at once, also one that has been told to go and does not.</summary>
    public void Cut(string reason)
    {
        if (Interlocked.Exchange(ref _isAborted, 1) != 0)
        {
            return;
        }

        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            CloseReason = reason;
            All.Totals.CountCut();
        }

        All.LogCut(this, reason);
        _held?.Close();
        _transport.Abort();

        // A transport that is no socket has flushes that only this ends.
        _ = _outbox.CloseAsync();
    }

    /// <summary>
    /// An operator wants it to end: it is told so, if its protocol has words for that, and cut if it has not gone a moment later.
    /// From any thread.
    /// </summary>
    public void EndByOperator(string reason)
    {
        EndSoon(ErrorCode.Cancelled, reason);
        _ = CutLaterAsync(reason);
    }

    /// <summary>Called by the sweep, several times a second.</summary>
    public void CheckTimeouts(long nowMs)
    {
        OnSweep(nowMs);
        SweepShare();
        ConnectionOptions options = All.Options;
        if (_outbox.Sweep(nowMs) > options.SendStallMs)
        {
            Cut("it does not read what it asked for");
        }
        else if (WaitsForDisk && HasHungUpForMs(nowMs) > options.StopGraceMs)
        {
            // It may have shut down its sending side only, and read on: until here it was given the time.
            Cut("it has hung up, and the disk does not answer");
        }
        else if (_isEnding)
        {
            // It has been told why, and is only being given the time to read it.
            return;
        }
        else if (!_isReady)
        {
            // A slow verification of credentials is the server's own time, not the client's.
            if (!_isVerifying && nowMs - ConnectedAtMs > options.HelloTimeoutMs)
            {
                EndSoon(ErrorCode.HelloTimeout, HelloTimeoutMessage);
            }
        }
        else if (HasExpired(nowMs))
        {
            EndSoon(ErrorCode.AuthenticationFailed, "The token has expired.");
        }
        else if (WaitsForDisk)
        {
            // It is the server that does not read, or does not answer: the peer may be waiting.
            Interlocked.Exchange(ref _receivedAtMs, nowMs);
        }
        else
        {
            CheckIdle(nowMs, nowMs - Interlocked.Read(ref _receivedAtMs));
        }
    }

    // It may be held up by a disk, or by its own reading, and then does not hear.
    private async Task CutLaterAsync(string reason)
    {
        await Task.Delay(OperatorGrace, All.Time, _transport.ConnectionClosed)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (ReferenceEquals(All.Find(Id, Broker), this))
        {
            Cut(reason);
        }
    }

    // The transport goes on until the peer has taken the last bytes: for ever, if it takes none.
    internal async Task AbortLaterAsync()
    {
        await Task.Delay(All.Options.SendStallMs, _transport.ConnectionClosed)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _transport.Abort();
    }

    /// <summary>What is said when a client has not said in time who it is.</summary>
    protected virtual string HelloTimeoutMessage => "No HELLO came in time.";

    /// <summary>
    /// Writes why the connection ends behind the replies, and ends it with <see cref="End"/>. Only for the reading thread.
    /// </summary>
    protected abstract void Refuse(ErrorCode code, string message);

    /// <summary>Tells the client, if the protocol can, that the connection ends, and why. From any thread.</summary>
    protected abstract void PostGoAway(ErrorCode code, string message);

    /// <summary>Called by the sweep.</summary>
    protected virtual void OnSweep(long nowMs)
    {
    }

    /// <summary>Called by the sweep for a client that nobody waits for: ends it if it was silent for too long.</summary>
    protected virtual void CheckIdle(long nowMs, long idleMs)
    {
    }

    /// <summary>Ends what pushes to the client, which is told, and at once what comes later.</summary>
    protected virtual void EndSubscriptions(ErrorCode code, string message)
    {
    }

    /// <summary>Ends when nothing is open any more beyond the batch.</summary>
    protected virtual Task WhenNothingOpenAsync() => Task.CompletedTask;

    /// <summary>The connection is over: cancels and ends everything that is open. May be called again.</summary>
    protected virtual void CloseOpen()
    {
    }

    /// <summary>Gives back what the client has taken and cannot settle any more. May be called again.</summary>
    protected virtual ValueTask GiveBackAsync() => ValueTask.CompletedTask;

    /// <summary>Nobody uses the connection any more.</summary>
    protected virtual void DisposeParts()
    {
    }

    /// <summary>The client has said who it is, or need not: it is given the time-outs of those that may ask.</summary>
    protected void MarkReady()
    {
        Interlocked.Exchange(ref _receivedAtMs, All.NowMs);
        _isVerifying = false;
        _isReady = true;
    }

    /// <summary>The client has said that it goes: what it has asked for is still answered.</summary>
    protected void Leave(string reason)
    {
        CloseReason = reason;
        _isClientLeaving = true;
        _isEnding = true;
    }

    /// <summary>Ends the connection once what it is told has been sent. Only for the reading thread.</summary>
    protected void End(ErrorCode code, string message)
    {
        EndQuietly(message);
        All.LogFatal(this, code, message);
    }

    /// <summary>As <see cref="End"/>, for what is nobody's fault and not worth a line of the log.</summary>
    protected void EndQuietly(string message)
    {
        _isEnding = true;
        CloseReason = message;
        SendBatch();
    }

    /// <summary>Says why and ends the connection, from any thread.</summary>
    protected void EndSoon(ErrorCode code, string message)
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            CloseReason = message;
            All.Totals.CountCut();
            All.LogCut(this, message);
            PostGoAway(code, message);
            _isEnding = true;
            _input.CancelPendingRead();
        }
    }

    // It is not read while it is held up, so its end is not met with there. Only for the sweep.
    private long HasHungUpForMs(long nowMs)
    {
        if (!HasHungUp)
        {
            return 0;
        }

        _hungUpAtMs = _hungUpAtMs == 0 ? nowMs : _hungUpAtMs;
        return nowMs - _hungUpAtMs;
    }

    /// <summary>True when the peer sends no more, as far as that is known without reading.</summary>
    protected bool HasHungUp =>
        _transport is LoopConnection { HasHungUp: true } || _transport.ConnectionClosed.IsCancellationRequested;

    /// <summary>
    /// What happens between the last read and the close: the answers that are due go out, and a peer that was refused
    /// gets a moment to read why. Closing a socket with unread bytes resets it, and a reset may overtake the reason.
    /// </summary>
    private async Task FinishAsync()
    {
        if (_isClientLeaving)
        {
            EndSubscriptions(ErrorCode.None, string.Empty);
            await Task.WhenAny(WhenNothingOpenAsync(), Task.Delay(All.Options.StopGraceMs));
        }

        CloseOpen();

        // At once: what follows may take long.
        await GiveBackAllAsync();
        await (_held?.WhenEmptyAsync() ?? Task.CompletedTask);
        await _outbox.WhenIdleAsync();
        if (_isEnding && !_isClientLeaving)
        {
            await LingerAsync();
        }
    }

    private async Task LingerAsync()
    {
        using var patience = new CancellationTokenSource(LingerMs);
        using CancellationTokenRegistration registration = patience.Token.Register(_input.CancelPendingRead);
        long drained = 0;
        while (drained < LingerBytesMax)
        {
            ReadResult read = await _input.ReadAsync();
            drained += read.Buffer.Length;
            _input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || patience.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
