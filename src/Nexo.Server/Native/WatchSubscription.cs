using Nexo.Engine.Store;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>
/// One WATCH. The engine calls <see cref="OnChange"/> under a shard's lock, so a change is only copied there; a pool
/// thread, the pump, moves what credits allow to the connection. What finds no room is counted, and the client is told
/// how many changes it missed before it gets the next one.
/// </summary>
internal sealed class WatchSubscription(NativeConnection connection, uint id, uint credits)
    : ISubscription, IStoreWatcher, IThreadPoolWorkItem
{
    // What one turn of the pump takes at most, and what may lie unsent on the connection before the pump waits.
    private const int SliceBytes = 64 * 1_024;

    private readonly Lock _gate = new();
    private readonly FrameBuffer _queued = new();

    // Only the pump touches it, and there is never more than one.
    private readonly FrameBuffer _sending = new();
    private byte[] _prefix = [];
    private IDisposable? _watch;
    private string _endMessage = string.Empty;
    private ErrorCode _endCode;
    private ulong _missed;
    private uint _credits = credits;
    private int _queuedFrom;
    private bool _isStarted;
    private bool _isPumping;
    private bool _isEnded;

    private int QueuedBytes => _queued.Count - _queuedFrom;

    public void Open(StoreService store, ReadOnlySpan<byte> prefix)
    {
        _prefix = prefix.ToArray();
        _watch = store.Watch(prefix, this);
    }

    public bool IsAllowed(Access access) => access.CoversPrefix(AccessBroker.Store, AccessOperation.Read, _prefix);

    public void OnChange(StoreChangeKind change, ReadOnlySpan<byte> key, ulong version)
    {
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }

            if (QueuedBytes + WatchPush.FixedSize + key.Length > connection.Server.Options.WatchBytesMax)
            {
                _missed++;
                return;
            }

            QueueMissed();
            new WatchPush { Change = (StoreChange)change, Version = version, Key = key }.WriteFrame(_queued, id);
            PumpIfNeeded();
        }
    }

    public void Start()
    {
        lock (_gate)
        {
            _isStarted = true;
            PumpIfNeeded();
        }
    }

    public void AddCredits(uint credits)
    {
        lock (_gate)
        {
            _credits = Math.Min(_credits + credits, CreditNotice.CreditsMax);
            PumpIfNeeded();
        }
    }

    public void End(ErrorCode code, string message)
    {
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }

            _isEnded = true;
            _endCode = code;
            _endMessage = message;
            PumpIfNeeded();
        }
    }

    /// <summary>The pump. It sends outside the lock, because the engine waits for the lock in <see cref="OnChange"/>.</summary>
    public void Execute()
    {
        bool isEnding;
        lock (_gate)
        {
            isEnding = _isEnded;
            TakeAllowed();
        }

        if (!_sending.IsEmpty)
        {
            connection.Post(_sending);
        }

        if (isEnding)
        {
            Finish();
        }
        else if (connection.BytesPending > SliceBytes)
        {
            // What the peer does not take stays in the queue, whose room is bounded.
            _ = GoOnWhenTakenAsync();
        }
        else
        {
            GoOn();
        }
    }

    private async Task GoOnWhenTakenAsync()
    {
        await connection.WhenTakenAsync();
        GoOn();
    }

    private void GoOn()
    {
        lock (_gate)
        {
            _isPumping = false;
            PumpIfNeeded();
        }
    }

    // `_isPumping` stays set: no pump follows this one.
    private void Finish()
    {
        _watch?.Dispose();
        ErrorBody.WriteFrame(_sending, Opcode.StoreWatch, FrameKind.End, id, _endCode, _endMessage);
        connection.Complete(id, _sending);
        lock (_gate)
        {
            _queued.Dispose();
        }

        _sending.Dispose();
    }

    private void PumpIfNeeded()
    {
        bool hasWork = _isEnded || (_credits > 0 && QueuedBytes > 0);
        if (hasWork && _isStarted && !_isPumping)
        {
            _isPumping = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void TakeAllowed()
    {
        ReadOnlySpan<byte> queued = _queued.Written.Span[_queuedFrom..];
        int taken = 0;
        while (_credits > 0 && taken < queued.Length && taken < SliceBytes)
        {
            FrameHeader.TryRead(queued[taken..], int.MaxValue, out FrameHeader header);
            taken += header.TotalSize;
            _credits--;
        }

        _sending.AppendFrames(queued[..taken]);
        _queuedFrom += taken;
        if (_queuedFrom >= QueuedBytes)
        {
            // At most as many bytes move as have gone, so the queue costs linear time and bounded room.
            _queued.RemoveFirst(_queuedFrom);
            _queuedFrom = 0;
        }

        if (QueuedBytes == 0)
        {
            QueueMissed();
        }
    }

    private void QueueMissed()
    {
        if (_missed > 0)
        {
            new WatchPush { Change = StoreChange.Missed, Version = _missed }.WriteFrame(_queued, id);
            _missed = 0;
        }
    }
}
