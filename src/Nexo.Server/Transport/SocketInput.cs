using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Transport;

/// <summary>
/// What comes from a socket of an event loop. Bytes are received into the loop's own block when there are some, and the
/// reader goes on at once on the loop's thread, so a connection that is idle keeps no buffer. A reader that does not
/// finish with them before it waits for something else takes the block along. One reader at a time.
/// </summary>
internal sealed class SocketInput(LoopConnection connection) : PipeReader, IValueTaskSource<ReadResult>
{
    // Who is waiting for whom.
    private const int Neither = 0;
    private const int DataWaits = 1;
    private const int ReaderWaits = 2;

    // Whose the block is that the reader looks at.
    private const int Released = 0;
    private const int LentByLoop = 1;
    private const int OwnedByReader = 2;
    private const int Kept = 3;

    // Enough for a preface, and for what usually comes with it.
    private const int KeptBytes = 512;

    private ManualResetValueTaskSourceCore<ReadResult> _read;
    private byte[] _block = [];
    private int _start;
    private int _end;
    private int _examined;
    private int _state;
    private int _owner;
    private int _isCanceled;
    private bool _hasEnded;
    private Exception? _failure;

    private ReadOnlySequence<byte> Buffer => new(_block, _start, _end - _start);

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (TryRead(out ReadResult result))
        {
            return new ValueTask<ReadResult>(result);
        }

        if (_failure is not null)
        {
            return ValueTask.FromException<ReadResult>(_failure);
        }

        _read.Reset();
        var pending = new ValueTask<ReadResult>(this, _read.Version);
        if (Interlocked.CompareExchange(ref _state, ReaderWaits, Neither) == DataWaits)
        {
            // Others of the loop come first: whoever keeps its socket full has its turn like everybody.
            Interlocked.Exchange(ref _state, ReaderWaits);
            connection.ReceiveLater();
        }

        if (Volatile.Read(ref _isCanceled) != 0)
        {
            CompleteCanceled();
        }

        return pending;
    }

    public override bool TryRead(out ReadResult result)
    {
        bool isCanceled = Interlocked.Exchange(ref _isCanceled, 0) != 0;
        result = new ReadResult(Buffer, isCanceled, _hasEnded);
        return isCanceled || _examined < _end || (_hasEnded && _failure is null);
    }

    public override void CancelPendingRead()
    {
        Interlocked.Exchange(ref _isCanceled, 1);
        CompleteCanceled();
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_start == _end)
        {
            return;
        }

        _start = consumed.GetInteger();
        _examined = Math.Max(_start, examined.GetInteger());
        if (_start < _end)
        {
            Keep();
        }
        else
        {
            Free();
        }
    }

    public override void Complete(Exception? exception = null) => Free();

    /// <summary>The reader needs the bytes that it has no more.</summary>
    public void Free()
    {
        byte[] block = _block;
        (_block, _start, _end, _examined) = ([], 0, 0, 0);
        switch (Interlocked.Exchange(ref _owner, Released))
        {
            case OwnedByReader: BlockPool.Return(block); break;
            case Kept: ArrayPool<byte>.Shared.Return(block); break;
        }
    }

    /// <summary>The socket has bytes, or has ended. Only on the loop's thread.</summary>
    public void OnReadable()
    {
        while (true)
        {
            int state = Volatile.Read(ref _state);
            int next = state == ReaderWaits ? Neither : DataWaits;
            if (Interlocked.CompareExchange(ref _state, next, state) != state)
            {
                continue;
            }

            if (state == ReaderWaits)
            {
                Receive();
            }

            return;
        }
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.FlowExecutionContext);

    // The reader waits, and nobody else will complete it.
    private void Receive()
    {
        EventLoop loop = connection.Loop;
        bool isOwn = _owner is OwnedByReader or Kept;
        byte[] block = isOwn ? _block : loop.Block;
        int end = isOwn ? _end : 0;
        int received = SocketCalls.Receive(connection.Descriptor, block.AsSpan(end));
        if (received == SocketCalls.WouldBlock)
        {
            WaitOn();
            return;
        }

        if (received <= 0)
        {
            End(received);
            return;
        }

        if (!isOwn)
        {
            _block = block;
            _start = 0;
            _examined = 0;
            _owner = LentByLoop;
        }

        _end = end + received;
        if (_end == block.Length || connection.HasHungUp)
        {
            // There may be more, or the end, and no further edge tells of it.
            Volatile.Write(ref _state, DataWaits);
        }

        _read.SetResult(new ReadResult(Buffer, isCanceled: false, isCompleted: false));
        if (!isOwn && Interlocked.CompareExchange(ref _owner, OwnedByReader, LentByLoop) == LentByLoop)
        {
            loop.GiveBlockAway();
        }
    }

    private void WaitOn()
    {
        // What has come since then is seen by the next edge, which comes to this thread. An exchange, since the look at
        // `_isCanceled` must not overtake it.
        Interlocked.Exchange(ref _state, ReaderWaits);
        if (Volatile.Read(ref _isCanceled) != 0)
        {
            CompleteCanceled();
        }
    }

    private void End(int received)
    {
        _hasEnded = true;
        connection.OnPeerGone();
        if (received == 0)
        {
            _read.SetResult(new ReadResult(Buffer, isCanceled: false, isCompleted: true));
            return;
        }

        _failure = new ConnectionResetException($"The connection broke: errno {-received}.");
        _read.SetException(_failure);
    }

    private void CompleteCanceled()
    {
        if (Interlocked.CompareExchange(ref _state, Neither, ReaderWaits) == ReaderWaits)
        {
            Volatile.Write(ref _isCanceled, 0);
            _read.SetResult(new ReadResult(Buffer, isCanceled: true, _hasEnded));
        }
    }

    // Part of a preface: it stays at the start of a small buffer of its own, and what follows is received behind it.
    private void Keep()
    {
        if (_start == 0 && _owner == Kept && _end < _block.Length)
        {
            return;
        }

        int count = _end - _start;
        int examined = _examined - _start;
        byte[] own = ArrayPool<byte>.Shared.Rent(Math.Max(KeptBytes, 2 * count));
        _block.AsSpan(_start, count).CopyTo(own);
        Free();
        (_block, _start, _end, _examined, _owner) = (own, 0, count, examined, Kept);
    }
}
