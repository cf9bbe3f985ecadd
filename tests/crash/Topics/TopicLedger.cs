using Nexo.Crash.Ledger;

namespace Nexo.Crash.Topics;

/// <summary>What all lanes share: counters, wrong answers, and whose a message is. Thread-safe.</summary>
internal sealed class TopicLedger
{
    private const int FindingsMax = 20;

    // A look at a queue does not show what waits on disk only: the messages must stay below what a queue keeps in memory, 4 MB.
    private const int UnpurgedMax = 8_000;

    private readonly Lock _gate = new();
    private readonly List<Finding> _findings = [];
    private readonly Dictionary<ulong, (int Lane, int Place)> _pushed = [];
    private int _unpurged;
    private long _next = Random.Shared.NextInt64() & 0xFFFF_FFFF_0000;

    public long Durable { get; private set; }

    public long Verified { get; private set; }

    /// <summary>Requests of this run of the server that were refused because the log had failed.</summary>
    public long Unknown { get; private set; }

    public SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>So many messages lie in each queue that it is to be purged before others are published.</summary>
    public bool AreQueuesFull
    {
        get
        {
            lock (_gate)
            {
                return _unpurged >= UnpurgedMax;
            }
        }
    }

    /// <summary>A number that no other message has.</summary>
    public ulong NextNumber()
    {
        lock (_gate)
        {
            return (ulong)++_next;
        }
    }

    /// <summary>A message that bindings give to queues, and which one of its lane's it is.</summary>
    public void Pushing(ulong number, int lane)
    {
        lock (_gate)
        {
            _pushed.Add(number, (lane, _pushed.Count));
            _unpurged++;
        }
    }

    /// <summary>What lay in the queues is gone.</summary>
    public void Purged()
    {
        lock (_gate)
        {
            _unpurged = 0;
        }
    }

    /// <summary>False: nobody has published it.</summary>
    public bool TryFind(ulong number, out int lane, out int place)
    {
        lock (_gate)
        {
            bool found = _pushed.TryGetValue(number, out (int Lane, int Place) known);
            (lane, place) = known;
            return found;
        }
    }

    /// <summary>So many messages, or changes of bindings, were confirmed: all of that is durable.</summary>
    public void Confirmed(int changes)
    {
        lock (_gate)
        {
            Durable += changes;
        }
    }

    public void LogFailed()
    {
        lock (_gate)
        {
            Unknown++;
        }
    }

    public void Compared(int slots)
    {
        lock (_gate)
        {
            Verified += slots;
        }
    }

    public void Count(string fact, long by)
    {
        lock (_gate)
        {
            Counts[fact] = Counts.GetValueOrDefault(fact) + by;
        }
    }

    public void Wrong(string what, string text)
    {
        lock (_gate)
        {
            if (_findings.Count < FindingsMax)
            {
                _findings.Add(new Finding(FindingKind.Answer, what, text));
            }
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
        }
    }
}
