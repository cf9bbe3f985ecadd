using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Streams;

/// <content>The verdict after a crash.</content>
internal sealed partial class AppendHistory
{
    private const int FindingsMax = 5;

    // Where the stream must not end before.
    private ulong _must;

    /// <summary>The server is gone. What is not durable may be lost.</summary>
    /// <param name="durableUpTo">All that was answered up to this moment of the ledger is on disk.</param>
    /// <param name="intervalBefore">What was answered before this, Unix ms, is so by its interval.</param>
    public void Crash(long durableUpTo, long intervalBefore)
    {
        _must = IsFsync ? Math.Max(_must, Next) : _must;
        foreach (SentAppend append in _sent.Where(append => append.State == AppendState.Appended))
        {
            if (IsFsync || append.AnsweredAt <= durableUpTo || append.AnsweredMs < intervalBefore)
            {
                _must = Math.Max(_must, append.Offset + (ulong)append.Numbers.Count);
            }
        }
    }

    /// <summary>Compares all that a server has; it is the truth from here on.</summary>
    /// <param name="first">The stream's range.</param>
    /// <param name="found">Its records, in order.</param>
    public IReadOnlyList<Finding> Verify(ulong first, ulong next, IReadOnlyList<StreamCopy> found)
    {
        List<Finding> findings = [];
        LookAtRange(first, next, found, findings);
        var places = new Dictionary<ulong, ulong>();
        foreach (StreamCopy record in found)
        {
            LookAt(record, places, findings);
        }

        LookAtAppends(first, places, findings);
        _truth = [.. found.Select(record => record.Number)];
        _first = first;
        _trimmedTo = first;
        _trimsTo = first;
        _must = next;
        Next = next;
        _told.Clear();
        _sent.Clear();
        _records.Clear();
        return [.. findings.Take(FindingsMax)];
    }

    private void LookAtRange(ulong first, ulong next, IReadOnlyList<StreamCopy> found, List<Finding> findings)
    {
        if (next < _must)
        {
            findings.Add(Wrong(FindingKind.Lost, $"it ends at {next}; what was confirmed or shown reaches to {_must}"));
        }

        // A trim is confirmed as an append is: where that does not wait for the disk, it may be undone.
        bool isTrimmed = first >= (plan.Durability == Durability.Fsync ? Math.Max(_first, _trimmedTo) : _first);
        if (!isTrimmed || (plan.KeepsBytes == 0 && first > Math.Max(_first, _trimsTo)))
        {
            findings.Add(Wrong(
                isTrimmed ? FindingKind.Lost : FindingKind.Again,
                $"it begins at {first}; it began at {_first}, trims were confirmed to {_trimmedTo} and asked for to {_trimsTo}"));
        }

        for (int i = 0; i < found.Count; i++)
        {
            if (found[i].Offset != first + (ulong)i)
            {
                findings.Add(Wrong(FindingKind.Order, $"{found[i].Offset} stands where {first + (ulong)i} must be"));
                break;
            }
        }

        if (first + (ulong)found.Count != next)
        {
            findings.Add(Wrong(FindingKind.Lost, $"{found.Count} records are there of the range {first} to {next}"));
        }
    }

    private void LookAt(StreamCopy record, Dictionary<ulong, ulong> places, List<Finding> findings)
    {
        if (!record.IsWhole)
        {
            findings.Add(Wrong(FindingKind.Corrupted, $"{record} lies at {record.Offset}"));
        }
        else if (!places.TryAdd(record.Number, record.Offset))
        {
            findings.Add(Wrong(FindingKind.Twice, $"{record} lies at {places[record.Number]} and at {record.Offset}"));
        }
        else if (record.Offset >= _first && record.Offset < TruthNext)
        {
            ulong was = _truth[(int)(record.Offset - _first)];
            if (was != record.Number)
            {
                findings.Add(Wrong(FindingKind.Corrupted, $"{record} lies at {record.Offset}, where #{was:x} lay before"));
            }
        }
        else if (!_records.ContainsKey(record.Number))
        {
            findings.Add(Wrong(FindingKind.Invented, $"{record} lies at {record.Offset}, and nobody has sent it"));
        }
        else if (IsFsync && _told.TryGetValue(record.Offset, out ulong told) && told != record.Number)
        {
            findings.Add(Wrong(FindingKind.Lost, $"{record} lies at {record.Offset}, where #{told:x} was confirmed or shown"));
        }
    }

    private void LookAtAppends(ulong first, Dictionary<ulong, ulong> places, List<Finding> findings)
    {
        var absent = new Dictionary<int, SentAppend>();
        var last = new Dictionary<int, ulong>();
        foreach (SentAppend append in _sent)
        {
            ulong? place = PlaceOf(append, places);
            if (place is not { } at)
            {
                if (append.State != AppendState.Refused && append.Expected is null)
                {
                    absent.TryAdd(append.Lane, append);
                }

                continue;
            }

            LookAtPlace(append, at, first, places, findings);
            if (absent.TryGetValue(append.Lane, out SentAppend? before) && first <= TruthNext)
            {
                findings.Add(Wrong(FindingKind.Order, $"{append} is there without what its connection sent before: {before}"));
            }

            if (last.TryGetValue(append.Lane, out ulong end) && at < end)
            {
                findings.Add(Wrong(FindingKind.Order, $"{append} lies at {at}, before what its connection sent before"));
            }

            last[append.Lane] = at + (ulong)append.Numbers.Count;
            append.FoundAt = append.State == AppendState.Open ? at : null;
        }
    }

    /// <summary>Where it must be, or is by those of its records that are there; null: none is, and none has to be.</summary>
    private ulong? PlaceOf(SentAppend append, Dictionary<ulong, ulong> places)
    {
        for (int i = 0; i < append.Numbers.Count; i++)
        {
            if (places.TryGetValue(append.Numbers[i], out ulong offset))
            {
                return offset - (ulong)i;
            }
        }

        return append.State == AppendState.Appended && append.Offset < _must ? append.Offset : null;
    }

    private void LookAtPlace(
        SentAppend append, ulong at, ulong first, Dictionary<ulong, ulong> places, List<Finding> findings)
    {
        int there = append.Numbers.Where((number, i) => places.TryGetValue(number, out ulong offset) && offset == at + (ulong)i).Count();
        int gone = (int)Math.Min(first > at ? first - at : 0, (ulong)append.Numbers.Count);
        if (append.State == AppendState.Refused)
        {
            findings.Add(Wrong(FindingKind.Invented, $"{append} lies at {at}"));
        }
        else if (append.State == AppendState.Appended && append.Offset != at)
        {
            findings.Add(Wrong(FindingKind.Order, $"{append} lies at {at}, and was confirmed at {append.Offset}"));
        }
        else if (append.Expected is { } expected && expected != at)
        {
            findings.Add(Wrong(FindingKind.Order, $"{append} lies at {at}, and expected {expected}"));
        }
        else if (there + gone != append.Numbers.Count)
        {
            FindingKind kind = there == 0 ? FindingKind.Lost : FindingKind.Torn;
            findings.Add(Wrong(kind, $"of {append} at {at}, {there} of {append.Numbers.Count} records are there"));
        }
    }

    private Finding Wrong(FindingKind kind, string text) => new(kind, plan.Name, text);
}
