using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>A record that a producer has, and whoever waits for its result. Pooled: it goes back when the result was taken.</summary>
internal sealed class ProducerRecord : IValueTaskSource<StreamAppendResult>, ILinked<ProducerRecord>
{
    private const int PooledMax = 16_384;

    private static readonly ConcurrentQueue<ProducerRecord> Pool = new();

    private ManualResetValueTaskSourceCore<StreamAppendResult> _core = new() { RunContinuationsAsynchronously = true };
    private TaskCompletionSource? _accepted;
    private Link<ProducerRecord> _link;

    ref Link<ProducerRecord> ILinked<ProducerRecord>.Link => ref _link;

    /// <summary>The how-manieth it is of all that were handed over.</summary>
    public long Ordinal { get; set; }

    /// <summary>Its bytes while it waits for room.</summary>
    public FrameBuffer? Encoded { get; private set; }

    /// <summary>Ends when there is room for it; null when there was some at once.</summary>
    public Task? Accepted => _accepted?.Task;

    public static ProducerRecord Rent() => Pool.TryDequeue(out ProducerRecord? record) ? record : new ProducerRecord();

    public ValueTask<StreamAppendResult> AsValueTask() => new(this, _core.Version);

    public void WaitForRoom(FrameBuffer encoded)
    {
        Encoded = encoded;
        _accepted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>There is room, or it is not wanted any more.</summary>
    public void EndWait()
    {
        RequestBodies.Return(Encoded!);
        Encoded = null;
        _accepted!.TrySetResult();
    }

    public void SetResult(StreamAppendResult result) => _core.SetResult(result);

    public void SetError(NexoException error) => _core.SetException(error);

    public StreamAppendResult GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The append has not ended; await it.");
        }

        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            _accepted = null;
            if (Pool.Count < PooledMax)
            {
                Pool.Enqueue(this);
            }
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}

/// <summary>Who waits until all records that were handed over before are answered.</summary>
/// <param name="ordinal">The last of them.</param>
/// <param name="upTo">So many are answered then.</param>
internal sealed class ProducerFlush(long ordinal, long upTo)
{
    public long Ordinal { get; } = ordinal;

    public long UpTo { get; set; } = upTo;

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Records that travel together, until they are answered.</summary>
internal sealed class ProducerBatch(long createdAt)
{
    /// <summary>When its first record came.</summary>
    public long CreatedAt { get; } = createdAt;

    /// <summary>The records as they are sent, one behind the other.</summary>
    public FrameBuffer Encoded { get; } = new();

    public List<ProducerRecord> Records { get; } = [];

    /// <summary>Of its first record.</summary>
    public ulong Sequence { get; set; }

    public long FirstSentAt { get; set; }

    public int Attempts { get; set; }

    /// <summary>An attempt ended without an answer that says that nothing was appended.</summary>
    public bool MayBeAppended { get; set; }

    /// <summary>The attempt that is under way.</summary>
    public Task Attempt { get; set; } = Task.CompletedTask;

    public StreamAppendResult? Reply { get; set; }

    /// <summary>Why the last attempt failed.</summary>
    public NexoException? Error { get; set; }
}
