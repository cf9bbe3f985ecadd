using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// One part of the queues, behind one lock: an arena with their messages and a timing wheel for all that waits for a moment. Nothing
/// in here waits or does I/O.
/// </summary>
internal sealed unsafe partial class QueueShard : IDisposable
{
    private readonly List<Queue?> _queues = [null];
    private readonly Stack<uint> _free = new();
    private readonly List<Queue> _doomed = [];
    private QueueCounters _gone;
    private long _closings;
    private int _look;
    private bool _disposed;

    public QueueShard(QueueContext context, int index)
    {
        Context = context;
        Index = index;
        Arena = new Arena(context.Pool, context.Budget, context.Limits.Tuning.PageBytes, context.Limits.Tuning.PageIdMax);
        Wheel = new TimingWheel(Arena, context.Clock.NowMs);
    }

    public Lock Gate { get; } = new();

    public QueueContext Context { get; }

    /// <summary>Where two locks are needed, the one of the lower index is taken first.</summary>
    public int Index { get; }

    public QueueLimits Limits => Context.Limits;

    public QueueTuning Tuning => Context.Limits.Tuning;

    public EngineClock Clock => Context.Clock;

    public Arena Arena { get; }

    public TimingWheel Wheel { get; }

    public LeaseTokens Tokens = new();

    /// <summary>Of deliveries, how long the message had been ready, ms. Under the lock.</summary>
    public Histogram Waits { get; } = new();

    /// <summary>Of acks, how long the message had been leased, ms. Under the lock.</summary>
    public Histogram Works { get; } = new();

    /// <summary>Null: nothing is logged.</summary>
    public ILogWriter? Log { get; set; }

    /// <summary>What the hold in progress has changed and not logged yet.</summary>
    public QueueChanges Changes { get; } = new();

    /// <summary>From the engine's clock, which says this, to the wall clock.</summary>
    public long WallOffsetAt(long nowMs) => Clock.WallOffsetAt(nowMs);

    /// <summary>For the push in progress.</summary>
    public List<PushPlan> Plans { get; } = [];

    public int QueueSlots => _queues.Count;

    public Queue? QueueAt(uint slot) => slot < _queues.Count ? _queues[(int)slot] : null;

    /// <summary>A place for a queue; under the lock.</summary>
    public uint Add(Queue queue)
    {
        if (_free.TryPop(out uint slot))
        {
            _queues[(int)slot] = queue;
            return slot;
        }

        _queues.Add(queue);
        return (uint)_queues.Count - 1;
    }

    /// <summary>The queue is closed: what it holds is freed bit by bit.</summary>
    public void Doom(Queue queue) => _doomed.Add(queue);

    /// <summary>Frees what closed queues hold, a bounded part of it; the steps done.</summary>
    public int FreeDoomed(int stepsMax)
    {
        lock (Gate)
        {
            int steps = _disposed ? 0 : stepsMax;
            while (steps > 0 && _doomed is [.., Queue last])
            {
                if (last.Tear(ref steps))
                {
                    _doomed.RemoveAt(_doomed.Count - 1);
                    _queues[(int)last.Slot] = null;
                    _free.Push(last.Slot);
                }
            }

            return _disposed ? 0 : stepsMax - steps;
        }
    }

    /// <summary>
    /// Adds up the queues, a few of them under one hold of the lock; false: one has been closed meanwhile and is counted twice, or not
    /// at all.
    /// </summary>
    public bool AddTo(QueueSurveySums sums)
    {
        long closings = Volatile.Read(ref _closings);
        int at = 0;
        bool more = true;
        while (more)
        {
            lock (Gate)
            {
                for (int i = 0; i < Tuning.HoldMessagesMax && at < _queues.Count; i++)
                {
                    if (_queues[at++] is { } queue)
                    {
                        sums.Add(queue);
                    }
                }

                more = at < _queues.Count && !_disposed;
                if (!more)
                {
                    sums.Gone.AddCounted(_gone);
                }

                if (closings != _closings)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>A queue is closed: what it has counted stays in the sums.</summary>
    public void KeepCounted(in QueueCounters counters)
    {
        var sum = new QueueTotals { Counters = _gone };
        sum.AddCounted(counters);
        _gone = sum.Counters;
        _closings++;
    }

    /// <summary>Has a look at the next few queues.</summary>
    public void LookAfter(QueueWork work)
    {
        var ended = new List<IQueueSink>(0);
        lock (Gate)
        {
            int steps = Tuning.HoldMessagesMax;
            int looks = Math.Min(Tuning.TickQueuesMax, _queues.Count);
            for (int i = 0; i < looks && steps > 0 && !_disposed; i++)
            {
                _look = (_look + 1) % _queues.Count;
                _queues[_look]?.LookAfter(work, ended, ref steps);
            }
        }

        foreach (IQueueSink sink in ended)
        {
            sink.OnEnd(QueueStatus.NotFound);
        }
    }

    /// <summary>All records have come: the queues take commands, which are logged from now on.</summary>
    public void GoLive(ILogWriter? log)
    {
        lock (Gate)
        {
            Log = log;

            // A millisecond ago, so that what was due before is due now.
            Wheel.BeginAt(Clock.NowMs - 1);
        }

        for (int i = 0; i < _queues.Count; i++)
        {
            ulong id = 0;
            bool more = _queues[i] is { Closed: false };
            while (more)
            {
                lock (Gate)
                {
                    more = _queues[i]!.GoLive(ref id);
                }
            }
        }
    }

    /// <summary>Copies the next bounded part of the shard; true: that was the last.</summary>
    public bool Snapshot(ref SnapshotPlace place, RecordBuffer buffer, bool isWhole)
    {
        lock (Gate)
        {
            int looks = Tuning.HoldLooksMax;
            while (looks-- > 0 && buffer.Length < Tuning.HoldBytesMax && place.Slot < _queues.Count && !_disposed)
            {
                if (_queues[place.Slot] is not { Closed: false } queue || queue.Snapshot(ref place, buffer, isWhole, ref looks))
                {
                    place = new SnapshotPlace { Slot = place.Slot + 1 };
                }
                else if (place.Stage is SnapshotStage.Files or SnapshotStage.Copies)
                {
                    return false;
                }
            }

            return place.Slot >= _queues.Count || _disposed;
        }
    }

    /// <summary>Times out what is due, a bounded part of it; the steps done.</summary>
    public int TimeOut(int stepsMax, QueueWork work)
    {
        lock (Gate)
        {
            if (_disposed)
            {
                return 0;
            }

            long now = Clock.NowMs;
            int steps = stepsMax;
            Queue? last = null;
            while (Wheel.TryTakeDue(now, ref steps, out uint reference))
            {
                var message = (MessageSlot*)Arena.At(reference);
                Queue queue = _queues[(int)message->Queue]!;
                if (last is not null && last != queue)
                {
                    last.LogChanges();
                }

                last = queue;
                queue.OnDue(reference, message, now, work);
            }

            last?.LogChanges();
            return stepsMax - steps;
        }
    }

    public void Dispose()
    {
        lock (Gate)
        {
            _disposed = true;
            foreach (Queue? queue in _queues)
            {
                queue?.CloseForGood();
            }

            Wheel.Dispose();
            Arena.Dispose();
        }
    }
}
