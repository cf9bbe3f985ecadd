using System.Buffers;
using System.Diagnostics;
using Nexo.Protocol;
using Nexo.Server.Observability;

namespace Nexo.Server.Connections;

// How long its batches of requests take, and which are slow.
internal abstract partial class ClientConnection
{
    private long _batchFrom;
    private long _batchFirst;

    // Of the batch: ticks of operations that were slow by themselves, and have been told.
    private long _toldTicks;

    /// <summary>What was slow.</summary>
    public SlowLog Slow => All.Slow;

    /// <summary>When it was asked for what is being handled, by <see cref="Stopwatch"/>.</summary>
    public long BatchFrom => _batchFrom;

    /// <summary>An answer has waited for the disk until now.</summary>
    internal void NoteSlowDisk(in SlowSubject subject, long ticks) => Slow.Add(this, subject, ticks, SlowCause.Disk);

    /// <summary>What the first request of a batch was; the batch may begin in the midst of one: then it is a guess, or nothing.</summary>
    protected abstract SlowSubject DescribeBatch(ReadOnlySpan<byte> received);

    /// <summary>What the first of these answers is of, as far as that can be seen.</summary>
    internal abstract SlowSubject DescribeReplies(ReadOnlySpan<byte> replies);

    /// <summary>An operation has been timed by itself, since its cost is up to what is asked. Only for the reading thread.</summary>
    protected void NoteTimed(in SlowSubject subject, long ticks)
    {
        _toldTicks += ticks;
        Slow.Add(this, subject, ticks, SlowCause.Ran);
    }

    private void BeginBatch()
    {
        _batchFrom = Stopwatch.GetTimestamp();
        _batchFirst = _requests;
        _toldTicks = 0;
    }

    private void EndBatch(in ReadOnlySequence<byte> received)
    {
        long took = Stopwatch.GetTimestamp() - _batchFrom;
        All.BatchTimes.Add(Protocol, took / (Stopwatch.Frequency / 1_000_000));
        if (Slow.IsSlow(took - _toldTicks))
        {
            NoteSlowBatch(received.FirstSpan, took - _toldTicks);
        }
    }

    private void NoteSlowBatch(ReadOnlySpan<byte> received, long ticks)
    {
        long requests = _requests - _batchFirst;
        if (requests == 0)
        {
            // What was read is no whole request: a large one is coming in.
            return;
        }

        SlowSubject subject = DescribeBatch(received);
        string operation = requests == 1 ? subject.Operation : $"{subject.Operation} and {requests - 1} more";
        Slow.Add(this, subject with { Operation = operation }, ticks, SlowCause.Ran);
    }

    // What a batch waits for that is not its own work: a login, a peer that does not read, the disk, others.
    private async Task OutOfBatchAsync(Task wait)
    {
        long from = Stopwatch.GetTimestamp();
        await wait;
        _batchFrom += Stopwatch.GetTimestamp() - from;
    }
}
