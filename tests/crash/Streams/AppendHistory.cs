using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Streams;

/// <summary>
/// The history of one stream, over any number of crashes: appends, their answers, and what readers were shown. A stream is a
/// list that only grows, so every answer has its place in one order. While the server runs, what is confirmed or shown before
/// something is sent lies before it, no two say different things of an offset, and an append that expects a place gets it or
/// is told another. After a crash what stays is a first part of that, with all in it that must be. Not thread-safe.
/// </summary>
internal sealed partial class AppendHistory(StreamPlan plan)
{
    private readonly Dictionary<ulong, ulong> _told = [];
    private readonly List<SentAppend> _sent = [];
    private readonly Dictionary<ulong, (SentAppend Append, int Index)> _records = [];

    // What was there after the last crash: the record's number by its offset, from _first on.
    private List<ulong> _truth = [];
    private ulong _first;
    private ulong _trimmedTo;
    private ulong _trimsTo;

    /// <summary>
    /// Where the stream ends at least: everything before it was confirmed or shown. With fsync it must be there after a crash.
    /// </summary>
    public ulong Next { get; private set; }

    public ulong First => Math.Max(_first, _trimmedTo);

    private ulong TruthNext => _first + (ulong)_truth.Count;

    private bool IsFsync => plan.Durability == Durability.Fsync;

    /// <summary>An append is about to be sent, for the first time in this run of the server.</summary>
    public void Send(SentAppend append, long moment)
    {
        append.Floor = Next;
        append.SentAt = moment;
        if (append.FoundAt is not null)
        {
            return;
        }

        _sent.Add(append);
        for (int i = 0; i < append.Numbers.Count; i++)
        {
            _records.Add(append.Numbers[i], (append, i));
        }
    }

    /// <summary>An append was answered. Null: it can be so.</summary>
    public Finding? Answer(SentAppend append, StreamAppendReply reply, long moment)
    {
        append.AnsweredAt = moment;
        append.AnsweredMs = TimeWindow.Now;
        string? wrong = reply.Outcome switch
        {
            AppendOutcome.Appended => Appended(append, reply.Offset),
            AppendOutcome.Duplicate => Duplicate(append, reply.Offset),
            AppendOutcome.Conflict => Conflict(append, reply.Offset),
            _ => $"an unknown outcome {reply.Outcome}",
        };
        return wrong is null ? null : new Finding(FindingKind.Answer, plan.Name, $"{append} was answered with {reply}: {wrong}");
    }

    /// <summary>A reader that had asked when the stream ended at <paramref name="floor"/> was told where it ends.</summary>
    public Finding? Shown(ulong floor, OffsetRange range)
    {
        Finding? wrong = range.Next < floor
            ? new Finding(FindingKind.Order, plan.Name, $"a reader was told that it ends at {range.Next}, when {floor} was known before")
            : null;
        Next = Math.Max(Next, range.Next);
        return wrong;
    }

    /// <summary>A reader was given a record.</summary>
    public Finding? Saw(StreamCopy record)
    {
        Next = Math.Max(Next, record.Offset + 1);
        if (!record.IsWhole)
        {
            return new Finding(FindingKind.Corrupted, plan.Name, $"a reader got {record} at {record.Offset}");
        }

        return Tell(record.Offset, record.Number) is { } other
            ? new Finding(FindingKind.Answer, plan.Name, $"a reader got {record} at {record.Offset}, where {other} was")
            : null;
    }

    /// <summary>A trim is about to be sent.</summary>
    public void Trimming(ulong offset) => _trimsTo = Math.Max(_trimsTo, offset);

    public bool MayBeTrimmedTo(ulong offset) => offset <= _trimsTo;

    public Finding? Trimmed(ulong offset, ulong first)
    {
        _trimmedTo = Math.Max(_trimmedTo, offset);
        return first < offset
            ? new Finding(FindingKind.Answer, plan.Name, $"a trim to {offset} was answered with {first}")
            : null;
    }

    private string? Appended(SentAppend append, ulong offset)
    {
        string? wrong = append switch
        {
            { FoundAt: { } found } => $"it was there already, at {found}",
            { State: AppendState.Appended } => $"it was appended before, at {append.Offset}",
            { Expected: { } expected } when expected != offset => "it expected another place",
            _ when offset < append.Floor => $"the stream had ended at {append.Floor} before it was sent",
            _ => TellAll(append, offset),
        };
        append.State = AppendState.Appended;
        append.Offset = offset;
        Next = Math.Max(Next, offset + (ulong)append.Numbers.Count);
        return wrong;
    }

    private string? Duplicate(SentAppend append, ulong offset)
    {
        ulong? there = append.FoundAt ?? (append.State == AppendState.Appended ? append.Offset : null);
        if (append.Sequence is null || there is null)
        {
            return "it was not there";
        }

        append.State = AppendState.Appended;
        append.Offset = there.Value;
        return offset == there || offset == StreamAppendReply.UnknownOffset ? null : $"it was at {there}";
    }

    private string? Conflict(SentAppend append, ulong next)
    {
        append.State = AppendState.Refused;
        string? wrong = append.Expected is not { } expected ? "it expected nothing"
            : expected == next ? "that is what it expected"
            : next < append.Floor ? $"the stream had ended at {append.Floor} before it was sent"
            : null;
        Next = Math.Max(Next, next);
        return wrong;
    }

    private string? TellAll(SentAppend append, ulong offset)
    {
        for (int i = 0; i < append.Numbers.Count; i++)
        {
            if (Tell(offset + (ulong)i, append.Numbers[i]) is { } other)
            {
                return $"at {offset + (ulong)i} was {other}";
            }
        }

        return null;
    }

    /// <summary>The record at an offset is this one. What was told before, when that was something else.</summary>
    private string? Tell(ulong offset, ulong number)
    {
        if (offset < TruthNext)
        {
            // What lay before the first was not looked at after the last crash; nobody is shown it any more.
            return offset < _first ? $"nothing any more, since it begins at {_first}"
                : _truth[(int)(offset - _first)] == number ? null
                : $"#{_truth[(int)(offset - _first)]:x}";
        }

        return _told.TryAdd(offset, number) || _told[offset] == number ? null : $"#{_told[offset]:x}";
    }
}
