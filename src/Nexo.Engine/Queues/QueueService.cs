using System.Numerics;
using System.Text;
using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// The queues. Every method may be called from any thread and takes short locks, that of the queue's shard. Names are UTF-8. What may
/// have become deliverable is noted in the <see cref="QueueWork"/> that is given, to be run by the caller without a lock.
/// </summary>
public sealed partial class QueueService : IDisposable
{
    private const int ShardsMax = 256;
    private const int ShardsMin = 16;
    private const int ShardsPerCore = 4;
    private const int HashBits = 64;
    private const int NameBytesLimit = 255;
    private const int ContentBytesLimit = 1 << 29;
    private const long DelayMsLimit = 1_000L * 366 * 24 * 3_600 * 1_000;

    /// <summary>A target leads to a target, and so on: more than this is taken for a cycle.</summary>
    private const int TargetsMax = 1_000;

    private readonly QueueContext _context;
    private readonly QueueShard[] _shards;
    private bool _holdsGrowth;
    private readonly QueueNames _names;
    private readonly int _shardShift;

    /// <summary>
    /// Taken before the locks of shards by who needs two of them, or decides by what several queues say; nobody else ever holds two.
    /// </summary>
    private readonly Lock _wideGate = new();
    private int _count;
    private uint _lastNumber;
    private int _disposed;

    /// <summary>
    /// Without queues. With a log, every change is written to it; to rebuild an earlier state first, give the log to <see
    /// cref="QueueRecovery.Complete"/> instead.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is outside of what the engine can do.</exception>
    public QueueService(QueueLimits limits, EngineClock clock, ILogWriter? log = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(clock);
        Check(limits);
        int shards = limits.Shards == 0
            ? Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)(ShardsPerCore * Environment.ProcessorCount)), ShardsMin, ShardsMax)
            : limits.Shards;
        _shardShift = HashBits - BitOperations.Log2((uint)shards);
        _context = new QueueContext(
            limits, clock, KeyHash.Random(), new MemoryBudget(0, shards, limits.Cap), new PagePool(limits.Tuning.PageBytes));
        _names = new QueueNames(_context.Hasher);
        _shards = new QueueShard[shards];
        for (int i = 0; i < shards; i++)
        {
            _shards[i] = new QueueShard(_context, i) { Log = log };
        }
    }

    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Bytes of messages that memory has no room for and that are not written yet: who pushes should wait when it is
    /// many.
    /// </summary>
    public long BacklogPendingBytes => Backlogs?.PendingBytes ?? 0;

    /// <summary>Null: everything stays in memory.</summary>
    internal BacklogKeeper? Backlogs { get; private set; }

    private QueueLimits Limits => _context.Limits;

    /// <summary>Makes a queue, or finds that it is there with the options that are given.</summary>
    public QueueStatus Declare(ReadOnlySpan<byte> name, QueueOptionSet options, out QueueDeclared declared)
    {
        QueueStatus status = CheckDefinition(name, options, out declared);
        if (status != QueueStatus.Ok)
        {
            return status;
        }

        lock (_wideGate)
        {
            status = CheckTarget(name, options, out declared);
            for (int i = 0; i < TriesMax && status == QueueStatus.Ok; i++)
            {
                bool there = _names.TryFind(name, out Queue? queue);
                status = there ? QueueStatus.Ok : Create(name, options, out queue);
                if (status == QueueStatus.Ok)
                {
                    status = queue!.Compare(options, created: !there, out declared);
                }

                // Deleted since it was found: then it is made.
                if (!there || status != QueueStatus.NotFound)
                {
                    return status;
                }

                status = QueueStatus.Ok;
            }

            return status;
        }
    }

    public QueueStatus Describe(ReadOnlySpan<byte> name, out QueueDefinition? definition)
    {
        definition = null;
        QueueStatus status = Find(name, out Queue? queue);
        return status == QueueStatus.Ok ? queue!.Describe(out definition) : status;
    }

    /// <summary>
    /// Queues whose names begin with <paramref name="prefix"/> and come behind <paramref name="after"/>, in the order
    /// of their names' bytes.
    /// </summary>
    public IReadOnlyList<QueueSummary> List(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> after, int limit)
    {
        var found = new List<Queue>();
        foreach (Queue queue in _names.All)
        {
            if (queue.Name.AsSpan().StartsWith(prefix) && queue.Name.AsSpan().SequenceCompareTo(after) > 0)
            {
                found.Add(queue);
            }
        }

        found.Sort((left, right) => left.Name.AsSpan().SequenceCompareTo(right.Name));
        return [.. found.Take(limit).Select(queue => queue.Summary())];
    }

    /// <summary>
    /// Changes the options that are given. <see cref="QueueOptions.Priorities"/> and durability can be changed while
    /// messages are there.
    /// </summary>
    /// <param name="revision">The one that it must have; 0: any.</param>
    public QueueStatus Update(ReadOnlySpan<byte> name, ulong revision, QueueOptionSet options, out QueueDeclared updated)
    {
        QueueStatus status = CheckDefinition(name, options, out updated);
        if (status != QueueStatus.Ok)
        {
            return status;
        }

        lock (_wideGate)
        {
            if (!_names.TryFind(name, out Queue? queue))
            {
                return QueueStatus.NotFound;
            }

            status = CheckTarget(name, options, out updated);
            return status == QueueStatus.Ok ? queue.Update(revision, options, out updated) : status;
        }
    }

    public QueueStatus Pause(ReadOnlySpan<byte> name, QueuePausedParts parts, out bool waits)
    {
        waits = false;
        QueueStatus status = Find(name, parts, out Queue? queue);
        return status == QueueStatus.Ok ? queue!.Pause(parts, paused: true, work: null, out waits) : status;
    }

    public QueueStatus Resume(ReadOnlySpan<byte> name, QueuePausedParts parts, QueueWork work, out bool waits)
    {
        waits = false;
        QueueStatus status = Find(name, parts, out Queue? queue);
        return status == QueueStatus.Ok ? queue!.Pause(parts, paused: false, work, out waits) : status;
    }

    public QueueStatus Delete(ReadOnlySpan<byte> name, bool ifEmpty, bool ifUnused, out long removed, out bool waits)
    {
        removed = 0;
        waits = false;
        QueueStatus status = Find(name, out Queue? queue);
        return status == QueueStatus.Ok ? queue!.Delete(ifEmpty, ifUnused, out removed, out waits) : status;
    }

    /// <summary>Frees all memory. Queues are then not found, and what consumers ask for is refused.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Backlogs?.Dispose();
        _names.Clear();
        foreach (QueueShard shard in _shards)
        {
            shard.Dispose();
        }

        _context.Pool.Dispose();
    }

    /// <summary>A queue is gone: its name is free. Under its shard's lock.</summary>
    internal void Forget(Queue queue)
    {
        _names.Remove(queue);
        Interlocked.Decrement(ref _count);
    }

    private QueueStatus Find(ReadOnlySpan<byte> name, out Queue? queue)
    {
        if (_names.TryFind(name, out queue))
        {
            return QueueStatus.Ok;
        }

        return EngineNames.IsName(name, Limits.NameBytesMax) ? QueueStatus.NotFound : QueueStatus.NameInvalid;
    }

    private QueueStatus Find(ReadOnlySpan<byte> name, QueuePausedParts parts, out Queue? queue)
    {
        const QueuePausedParts All = QueuePausedParts.Pushes | QueuePausedParts.Deliveries;
        queue = null;
        return parts is QueuePausedParts.None or > All ? QueueStatus.InvalidArgument : Find(name, out queue);
    }

    /// <summary>The queue; it is made if it is not there and that is allowed.</summary>
    private QueueStatus FindOrCreate(ReadOnlySpan<byte> name, out Queue? queue)
    {
        QueueStatus status = Find(name, out queue);
        return status == QueueStatus.NotFound && MayCreate(name)
            ? Create(name, new QueueOptionSet(), out queue)
            : status;
    }

    /// <summary>Names that begin with <c>nexo.</c> are for who declares them: a reply that comes too late makes no queue.</summary>
    private bool MayCreate(ReadOnlySpan<byte> name) => Limits.AutoCreate && !name.StartsWith("nexo."u8);

    private QueueStatus Create(ReadOnlySpan<byte> name, QueueOptionSet given, out Queue? queue)
    {
        QueueOptions options = QueueOptionTable.Overlay(
            new QueueOptions { Durability = Limits.DurabilityDefault }, given);
        QueueShard shard = ShardOf(name);
        lock (shard.Gate)
        {
            if (_names.TryFind(name, out queue))
            {
                return QueueStatus.Ok;
            }

            if (Volatile.Read(ref _disposed) != 0)
            {
                return QueueStatus.NotFound;
            }

            QueueStatus status = Queue.AdmitDefinition(shard, name, options);
            if (status != QueueStatus.Ok)
            {
                return status;
            }

            if (Interlocked.Increment(ref _count) > Limits.QueuesMax)
            {
                Interlocked.Decrement(ref _count);
                return QueueStatus.TooManyQueues;
            }

            queue = new Queue(this, shard, name.ToArray(), Interlocked.Increment(ref _lastNumber), options, live: true);
            queue.LogDefinition();
            _names.Add(queue);
            return QueueStatus.Ok;
        }
    }

    private QueueStatus CheckDefinition(ReadOnlySpan<byte> name, QueueOptionSet options, out QueueDeclared refused)
    {
        refused = default;
        if (!EngineNames.IsName(name, Limits.NameBytesMax))
        {
            return QueueStatus.NameInvalid;
        }

        QueueOption outOfRange = QueueOptionTable.OutOfRange(options, Limits, out string message);
        if (outOfRange != QueueOption.None)
        {
            refused = new QueueDeclared(false, null, outOfRange, message, Waits: false);
            return QueueStatus.OptionOutOfRange;
        }

        return QueueStatus.Ok;
    }

    /// <summary>Whether a dead-letter target leads back to the queue itself.</summary>
    private QueueStatus CheckTarget(ReadOnlySpan<byte> name, QueueOptionSet options, out QueueDeclared refused)
    {
        refused = default;
        if (options.DeadLetterQueue is { Length: > 0 } target && LeadsBack(name, target))
        {
            string message = $"deadLetterQueue '{target}' leads back to this queue";
            refused = new QueueDeclared(false, null, QueueOption.DeadLetterQueue, message, Waits: false);
            return QueueStatus.DeadLetterCycle;
        }

        return QueueStatus.Ok;
    }

    private bool LeadsBack(ReadOnlySpan<byte> name, string target)
    {
        byte[] at = Encoding.UTF8.GetBytes(target);
        for (int i = 0; i < TargetsMax; i++)
        {
            if (name.SequenceEqual(at))
            {
                return true;
            }

            if (!_names.TryFind(at, out Queue? queue) || queue.Options.DeadLetterQueue.Length == 0)
            {
                return false;
            }

            at = Encoding.UTF8.GetBytes(queue.Options.DeadLetterQueue);
        }

        return true;
    }

    // A shift by 64 would be one by 0: with a single shard, shift in two steps.
    private QueueShard ShardOf(ReadOnlySpan<byte> name) =>
        _shards[(int)(_context.Hasher.Of(name) >> 1 >> (_shardShift - 1))];

    private static void Check(QueueLimits limits)
    {
        InRange(limits.NameBytesMax, 1, NameBytesLimit, nameof(limits.NameBytesMax));
        InRange(limits.QueuesMax, 1, int.MaxValue - 1, nameof(limits.QueuesMax));
        InRange(limits.BodyBytesMax, 0, ContentBytesLimit, nameof(limits.BodyBytesMax));
        InRange(limits.HeaderBytesMax, 0, ushort.MaxValue, nameof(limits.HeaderBytesMax));
        InRange(limits.DedupIdBytesMax, 0, ContentBytesLimit, nameof(limits.DedupIdBytesMax));
        InRange(limits.GroupBytesMax, 0, byte.MaxValue, nameof(limits.GroupBytesMax));
        InRange(limits.ReasonBytesMax, 0, ushort.MaxValue, nameof(limits.ReasonBytesMax));
        InRange(limits.DelayMsMax, 1, DelayMsLimit, nameof(limits.DelayMsMax));
        InRange(limits.BatchItemsMax, 1, 1 << 20, nameof(limits.BatchItemsMax));
        if (limits.Shards != 0 && (!BitOperations.IsPow2(limits.Shards) || limits.Shards > ShardsMax))
        {
            throw new ArgumentOutOfRangeException(nameof(limits), limits.Shards, "0 or a power of two up to 256.");
        }
    }

    private static void InRange(long value, long min, long max, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, min, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, max, name);
    }
}
