using Nexo.Engine.Tests.Store;
using Nexo.Storage;

namespace Nexo.Engine.Tests.Streams;

/// <summary>A log in memory of which a test says what is durable.</summary>
internal sealed class DurableMemoryLog : IDurableLog
{
    private readonly Lock _gate = new();
    private readonly List<(Lsn Lsn, TaskCompletionSource Done)> _waiting = [];
    private ulong _durable;

    public MemoryLog Inner { get; } = new();

    public Lsn AppendedLsn => Inner.AppendedLsn;

    public Lsn DurableLsn => new(Volatile.Read(ref _durable));

    /// <summary>Whether everything is durable at once.</summary>
    public bool IsImmediate { get; set; }

    public LogRoom RoomFor(int payloadBytes) => Inner.RoomFor(payloadBytes);

    public LogRoom RoomForRemoval(int payloadBytes) => Inner.RoomForRemoval(payloadBytes);

    public LogAppend Begin(byte kind, int payloadBytes)
    {
        LogAppend append = Inner.Begin(kind, payloadBytes);
        if (IsImmediate)
        {
            Volatile.Write(ref _durable, append.Lsn.Value);
        }

        return append;
    }

    public ValueTask WhenDurableAsync(Lsn lsn)
    {
        lock (_gate)
        {
            if (lsn <= DurableLsn)
            {
                return ValueTask.CompletedTask;
            }

            var done = new TaskCompletionSource();
            _waiting.Add((lsn, done));
            return new ValueTask(done.Task);
        }
    }

    /// <summary>Everything up to this record is durable; without one, everything.</summary>
    public void MakeDurable(Lsn? until = null)
    {
        List<TaskCompletionSource> done = [];
        lock (_gate)
        {
            Volatile.Write(ref _durable, Math.Max(_durable, (until ?? AppendedLsn).Value));
            done.AddRange(_waiting.Where(waiter => waiter.Lsn <= DurableLsn).Select(waiter => waiter.Done));
            _waiting.RemoveAll(waiter => waiter.Lsn <= DurableLsn);
        }

        done.ForEach(waiter => waiter.SetResult());
    }

    /// <summary>A crash: what is not durable is lost, but for as much as survives by luck.</summary>
    public void Crash(Lsn last)
    {
        Inner.Cut(last);
        Volatile.Write(ref _durable, last.Value);
    }
}
