using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Streams;

/// <summary>The histories of all streams, and what their connections share. Thread-safe.</summary>
internal sealed class StreamLedger(IReadOnlyList<StreamPlan> plans)
{
    private const int FindingsMax = 20;

    /// <summary>What an interval of the server may take, and beyond its setting, ms.</summary>
    private const long IntervalMs = 1_000 + 1_500;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, AppendHistory> _histories =
        plans.ToDictionary(plan => plan.Name, plan => new AppendHistory(plan));

    private readonly List<Finding> _findings = [];
    private long _moment;
    private long _durableUpTo;
    private ulong _number = (ulong)Random.Shared.NextInt64() & 0xFFFF_FFFF_0000;

    public long Acknowledged { get; private set; }

    public long Durable { get; private set; }

    public long Verified { get; private set; }

    /// <summary>Requests of this run of the server that were refused because the log had failed.</summary>
    public long Unknown { get; private set; }

    public SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>Numbers that no other records have.</summary>
    public ulong[] Number(int count)
    {
        lock (_gate)
        {
            ulong[] numbers = new ulong[count];
            for (int i = 0; i < count; i++)
            {
                numbers[i] = ++_number;
            }

            return numbers;
        }
    }

    public void Send(StreamPlan plan, SentAppend append)
    {
        lock (_gate)
        {
            _histories[plan.Name].Send(append, ++_moment);
        }
    }

    public void Answer(StreamPlan plan, SentAppend append, StreamAppendReply reply)
    {
        lock (_gate)
        {
            Add(_histories[plan.Name].Answer(append, reply, ++_moment));
            if (reply.Outcome == AppendOutcome.Conflict)
            {
                Count("conflicts", 1);
                return;
            }

            Count("duplicates", reply.Outcome == AppendOutcome.Duplicate ? 1 : 0);
            Acknowledged += append.Numbers.Count;
            if (plan.Durability == Durability.Fsync)
            {
                // There is one log: what was answered before this was sent stands in it before this.
                _durableUpTo = Math.Max(_durableUpTo, append.SentAt);
                Durable += append.Numbers.Count;
            }
        }
    }

    /// <summary>Where a stream ends at least, for who is about to read or to expect something.</summary>
    public OffsetRange RangeOf(StreamPlan plan)
    {
        lock (_gate)
        {
            AppendHistory history = _histories[plan.Name];
            return new OffsetRange(history.First, history.Next);
        }
    }

    /// <summary>The answer to a read that was sent when the stream ended at <paramref name="floor"/>.</summary>
    public void Shown(StreamPlan plan, ulong floor, OffsetRange range)
    {
        lock (_gate)
        {
            Add(_histories[plan.Name].Shown(floor, range));
        }
    }

    /// <summary>Records that a reader was given.</summary>
    public void Saw(StreamPlan plan, IReadOnlyList<StreamCopy> records)
    {
        lock (_gate)
        {
            foreach (StreamCopy record in records)
            {
                Add(_histories[plan.Name].Saw(record));
            }

            Count("records that readers were given", records.Count);
        }
    }

    public void Trimming(StreamPlan plan, ulong offset)
    {
        lock (_gate)
        {
            _histories[plan.Name].Trimming(offset);
        }
    }

    /// <summary>Whether a trim was asked for that leaves nothing before this offset.</summary>
    public bool MayBeTrimmedTo(StreamPlan plan, ulong offset)
    {
        lock (_gate)
        {
            return _histories[plan.Name].MayBeTrimmedTo(offset);
        }
    }

    public void Trimmed(StreamPlan plan, ulong offset, ulong first)
    {
        lock (_gate)
        {
            Count("trims", 1);
            Add(_histories[plan.Name].Trimmed(offset, first));
        }
    }

    public void LogFailed()
    {
        lock (_gate)
        {
            Unknown++;
        }
    }

    public void Wrong(FindingKind kind, string what, string text)
    {
        lock (_gate)
        {
            Add(new Finding(kind, what, text));
        }
    }

    /// <summary>Wrong answers so far; each is given once.</summary>
    public IReadOnlyList<Finding> TakeFindings()
    {
        lock (_gate)
        {
            List<Finding> all = [.. _findings];
            _findings.Clear();
            return all;
        }
    }

    /// <summary>The server is gone.</summary>
    public void Crash()
    {
        lock (_gate)
        {
            Unknown = 0;
            foreach (AppendHistory history in _histories.Values)
            {
                history.Crash(_durableUpTo, TimeWindow.Now - IntervalMs);
            }
        }
    }

    public IReadOnlyList<Finding> Verify(StreamPlan plan, StreamContents contents)
    {
        lock (_gate)
        {
            Verified += contents.Records.Count;
            return _histories[plan.Name].Verify(contents.First, contents.Next, contents.Records);
        }
    }

    private void Count(string fact, long by) => Counts[fact] = Counts.GetValueOrDefault(fact) + by;

    private void Add(Finding? finding)
    {
        if (finding is not null && _findings.Count < FindingsMax)
        {
            _findings.Add(finding);
        }
    }
}
