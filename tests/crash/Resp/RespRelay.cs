using System.Globalization;
using Nexo.Crash.Ledger;

namespace Nexo.Crash.Resp;

/// <summary>
/// The ledger of a list, or a sorted set, to which one connection adds ascending numbers and from which another takes them, or
/// moves them to a second list, waiting where there are none. Thread-safe.
/// </summary>
internal sealed class RespRelay(int number, bool isSorted)
{
    private const int FindingsMax = 5;

    private readonly Lock _gate = new();
    private readonly List<Finding> _findings = [];

    // The last numbers of what was sent and has no answer yet, each of which comes as a whole.
    private readonly Queue<long> _sent = new();
    private List<long> _moved = [];
    private RelayTake? _take;
    private long _pushed;
    private long _last;
    private long _next = 1;

    public bool IsSorted => isSorted;

    public string Source => $"relay{number}:from";

    public string Target => $"relay{number}:to";

    public long Acknowledged { get; private set; }

    public long Compared { get; private set; }

    /// <summary>Numbers that were sent, and are not known to be taken.</summary>
    public long Depth
    {
        get
        {
            lock (_gate)
            {
                return _last - _next + 1;
            }
        }
    }

    /// <summary>The next numbers, to be sent in one step.</summary>
    public IReadOnlyList<long> Send(int count)
    {
        lock (_gate)
        {
            long first = _last + 1;
            _last += count;
            _sent.Enqueue(_last);
            return [.. Enumerable.Range(0, count).Select(i => first + i)];
        }
    }

    /// <summary>The oldest step was answered.</summary>
    public void Pushed(bool isError, string answer)
    {
        lock (_gate)
        {
            _pushed = _sent.Dequeue();
            Acknowledged++;
            if (isError)
            {
                Report(FindingKind.Answer, $"adding up to {_pushed} was answered with {answer}");
            }
        }
    }

    public void Take(RelayTake take)
    {
        lock (_gate)
        {
            _take = take;
        }
    }

    /// <summary>What was to be taken is: these, which must be the next ones.</summary>
    public void Taken(IReadOnlyList<long> numbers)
    {
        lock (_gate)
        {
            foreach (long taken in numbers)
            {
                if (taken != _next)
                {
                    Report(taken < _next ? FindingKind.Again : FindingKind.Lost, $"{taken} came where {_next} is due");
                }

                _next = taken + 1;
                if (_take == RelayTake.Move)
                {
                    _moved.Add(taken);
                }
            }

            Acknowledged += numbers.Count > 0 ? 1 : 0;
            _take = null;
        }
    }

    /// <summary>The second list is gone.</summary>
    public void Cleared()
    {
        lock (_gate)
        {
            _moved.Clear();
            _take = null;
            Acknowledged++;
        }
    }

    /// <summary>
    /// After a crash: what was answered has happened, what was sent may have, and of each step all or nothing.
    /// </summary>
    public void Audit(IReadOnlyList<long> source, IReadOnlyList<long> moved)
    {
        lock (_gate)
        {
            Compared += source.Count + moved.Count;
            long[] nexts = [.. Nexts(moved)];
            long last = source.Count > 0 ? source[^1] : nexts.Select(next => next - 1).Where(IsEnd).FirstOrDefault(_next - 1);
            long first = last - source.Count + 1;
            if (!source.Select((found, i) => found - i).All(begins => begins == first))
            {
                Report(FindingKind.Lost, $"there are {Text(source)}");
            }

            if (!nexts.Contains(first))
            {
                FindingKind kind = first < _next ? FindingKind.Again : FindingKind.Lost;
                string due = $"due is {_next}, moved were {Text(_moved)}, under way is {_take}";
                Report(kind, $"there are {Text(source)}, and moved are {Text(moved)}; {due}");
            }

            if (!IsEnd(last))
            {
                FindingKind kind = last < _pushed ? FindingKind.Lost : last <= _last ? FindingKind.Torn : FindingKind.Invented;
                Report(kind, $"{last} is the last, of {_pushed} that were answered and {Text([.. _sent])} that were sent");
            }

            _sent.Clear();
            _next = first;
            _pushed = last;
            _last = last;
            _moved = [.. moved];
            _take = null;
        }
    }

    public IReadOnlyList<Finding> TakeFindings()
    {
        lock (_gate)
        {
            List<Finding> all = [.. _findings];
            _findings.Clear();
            return all;
        }
    }

    public static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    // Which number is next, if these have been moved, with what was under way done or not.
    private IEnumerable<long> Nexts(IReadOnlyList<long> moved)
    {
        if (moved.SequenceEqual(_moved))
        {
            yield return _next;
        }

        switch (_take)
        {
            case RelayTake.One when moved.SequenceEqual(_moved):
                yield return _next + 1;
                break;
            case RelayTake.Some when moved.SequenceEqual(_moved):
                for (int i = 1; i <= RespRelayLoad.SomeMax; i++)
                {
                    yield return _next + i;
                }

                break;
            case RelayTake.Move when moved.SequenceEqual([.. _moved, _next]):
                yield return _next + 1;
                break;
            case RelayTake.Clear when moved.Count == 0:
                yield return _next;
                break;
            default:
                break;
        }
    }

    // A step that was sent ends with this number.
    private bool IsEnd(long last) => last == _pushed || _sent.Contains(last);

    private void Report(FindingKind kind, string text)
    {
        if (_findings.Count < FindingsMax)
        {
            _findings.Add(new Finding(kind, Source, text));
        }
    }

    private static string Text(IReadOnlyList<long> numbers) => numbers.Count == 0 ? "none"
        : numbers.Count < 12 ? string.Join(' ', numbers)
        : $"{string.Join(' ', numbers.Take(5))} … {string.Join(' ', numbers.TakeLast(5))} ({numbers.Count})";
}

/// <summary>What is under way at the end where numbers are taken.</summary>
internal enum RelayTake
{
    One,

    /// <summary>A few by one command.</summary>
    Some,

    /// <summary>One, to the second list.</summary>
    Move,

    /// <summary>The deletion of the second list.</summary>
    Clear,
}
