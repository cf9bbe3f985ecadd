using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace Nexo.Client;

/// <summary>A call with its typed result. Pooled: it goes back when its caller has taken the result.</summary>
internal sealed class Operation<TReader, TResult> : Operation, IValueTaskSource<TResult>
    where TReader : struct, IReplyReader<TResult>
{
    private const int PooledMax = 1_024;

    [ThreadStatic]
    private static Operation<TReader, TResult>? _last;

    private static readonly ConcurrentQueue<Operation<TReader, TResult>> Pool = new();

    private ManualResetValueTaskSourceCore<TResult> _core;
    private TReader _reader;
    private TResult _result = default!;
    private Exception? _error;

    public static Operation<TReader, TResult> Rent(TReader reader)
    {
        Operation<TReader, TResult>? operation = _last;
        if (operation is not null)
        {
            _last = null;
        }
        else if (!Pool.TryDequeue(out operation))
        {
            operation = new Operation<TReader, TResult>();
        }

        operation._reader = reader;
        return operation;
    }

    public ValueTask<TResult> AsValueTask() => new(this, _core.Version);

    public override bool TryRead(ReadOnlySpan<byte> body)
    {
        try
        {
            return _reader.TryRead(body, out _result);
        }
        catch (Exception error)
        {
            // Foreign code: a serializer, or a buffer of the caller's. Only this call is its concern.
            _error = error;
            return true;
        }
    }

    public override void SetError(Exception error) => _error = error;

    public override void Signal(bool inline)
    {
        Measurement.Stop(this, _error);
        _core.RunContinuationsAsynchronously = !inline;
        if (_error is null)
        {
            _core.SetResult(_result);
        }
        else
        {
            _core.SetException(_error);
        }
    }

    public TResult GetResult(short token)
    {
        // A wrong token throws here, before anything is given back.
        ValueTaskSourceStatus status = _core.GetStatus(token);
        if (status == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The call has not ended; await it.");
        }

        Forget();
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Recycle();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Recycle()
    {
        _core.Reset();
        _reader = default;
        _result = default!;
        _error = null;
        if (_last is null)
        {
            _last = this;
        }
        else if (Pool.Count < PooledMax)
        {
            Pool.Enqueue(this);
        }
    }
}
