using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Nexo.Server.Transport;

/// <summary>
/// What goes to a socket of an event loop and does not fit its buffer at once. A flush completes when the kernel has
/// taken all of it. One writer at a time.
/// </summary>
internal sealed class SocketOutput(LoopConnection connection) : PipeWriter, IValueTaskSource<FlushResult>
{
    private const int Neither = 0;
    private const int RoomWaits = 1;
    private const int WriterWaits = 2;

    private ManualResetValueTaskSourceCore<FlushResult> _flush;
    private byte[] _bytes = [];
    private int _count;
    private int _sent;
    private int _state;
    private volatile bool _isCanceled;
    private volatile bool _hasBeenFull;

    /// <summary>Sends what the socket has room for and says how much that was.</summary>
    public int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent = SocketCalls.Send(connection.Descriptor, bytes);
        return Math.Max(0, sent);
    }

    public override void Advance(int bytes) => _count += bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        int needed = _count + Math.Max(1, sizeHint);
        if (_bytes.Length < needed)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(needed);
            _bytes.AsSpan(0, _count).CopyTo(larger);
            ReturnBytes();
            _bytes = larger;
        }

        return _bytes.AsMemory(_count);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (TryFinish(out FlushResult result))
        {
            return new ValueTask<FlushResult>(result);
        }

        _flush.Reset();
        var pending = new ValueTask<FlushResult>(this, _flush.Version);
        WaitForRoom();
        return pending;
    }

    public override void CancelPendingFlush()
    {
        _isCanceled = true;
        if (Interlocked.CompareExchange(ref _state, Neither, WriterWaits) == WriterWaits)
        {
            Finish(new FlushResult(isCanceled: true, isCompleted: false));
        }
    }

    public override void Complete(Exception? exception = null) => Free();

    /// <summary>Nobody writes any more.</summary>
    public void Free()
    {
        _count = 0;
        _sent = 0;
        ReturnBytes();
    }

    /// <summary>The socket takes bytes again. Only on the loop's thread.</summary>
    public void OnWritable()
    {
        if (!_hasBeenFull)
        {
            return;
        }

        while (true)
        {
            int state = Volatile.Read(ref _state);
            int next = state == WriterWaits ? Neither : RoomWaits;
            if (Interlocked.CompareExchange(ref _state, next, state) != state)
            {
                continue;
            }

            if (state == WriterWaits)
            {
                GoOn();
            }

            return;
        }
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _flush.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _flush.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _flush.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.FlowExecutionContext);

    private void GoOn()
    {
        if (TryFinish(out FlushResult result))
        {
            Finish(result);
        }
        else
        {
            WaitForRoom();
        }
    }

    // Room may have come since the socket was found full: then nobody else tells.
    private void WaitForRoom()
    {
        while (Interlocked.CompareExchange(ref _state, WriterWaits, Neither) == RoomWaits)
        {
            Volatile.Write(ref _state, Neither);
            if (TryFinish(out FlushResult result))
            {
                Finish(result);
                return;
            }
        }

        if (_isCanceled && Interlocked.CompareExchange(ref _state, Neither, WriterWaits) == WriterWaits)
        {
            Finish(new FlushResult(isCanceled: true, isCompleted: false));
        }
    }

    private void Finish(FlushResult result) => _flush.SetResult(result);

    // False: the socket is full. All is over when it is broken too.
    private bool TryFinish(out FlushResult result)
    {
        result = new FlushResult(isCanceled: _isCanceled, isCompleted: false);
        while (_sent < _count && !_isCanceled)
        {
            _hasBeenFull = true;
            int sent = SocketCalls.Send(connection.Descriptor, _bytes.AsSpan(_sent, _count - _sent));
            if (sent == SocketCalls.WouldBlock)
            {
                return false;
            }

            if (sent < 0)
            {
                // Nothing more can be told to the peer: let the reading side end too.
                connection.Abort();
                result = new FlushResult(isCanceled: false, isCompleted: true);
                break;
            }

            _sent += sent;
        }

        Free();
        return true;
    }

    private void ReturnBytes()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }
}
