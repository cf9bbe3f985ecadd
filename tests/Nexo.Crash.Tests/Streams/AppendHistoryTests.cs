using Nexo.Crash.Ledger;
using Nexo.Crash.Streams;
using Nexo.Protocol;

namespace Nexo.Crash.Tests.Streams;

/// <summary>Whether the verdict on streams sees what is broken: each is given to it by hand.</summary>
public sealed class AppendHistoryTests
{
    private readonly AppendHistory _fsync = new(new StreamPlan("s"));
    private readonly AppendHistory _interval = new(new StreamPlan("s") { Durability = Durability.Interval });
    private long _moment;

    [Fact]
    public void What_was_confirmed_and_any_first_part_of_the_rest_is_right()
    {
        Confirm(_fsync, Send(_fsync, 1, 2), 0);
        Send(_fsync, 3);
        Send(_fsync, 4, 5);
        Assert.Empty(After(_fsync, 1, 2, 3));

        // It is the truth from then on: what was not there can not come back.
        Assert.Equal([FindingKind.Invented], After(_fsync, 1, 2, 3, 4).Distinct());
    }

    [Fact]
    public void A_confirmed_record_that_is_gone_is_lost_and_with_an_interval_only_after_it()
    {
        Confirm(_fsync, Send(_fsync, 1), 0);
        Confirm(_fsync, Send(_fsync, 2), 1);
        Assert.Contains(FindingKind.Lost, After(_fsync, 1));
        Confirm(_interval, Send(_interval, 1), 0);
        Confirm(_interval, Send(_interval, 2), 1);
        Assert.Empty(After(_interval, 1));
        Confirm(_interval, Send(_interval, 3), 1);
        Assert.Contains(FindingKind.Lost, AfterDurable(_interval, _moment, 1));
    }

    [Fact]
    public void A_record_that_a_reader_was_given_or_told_of_must_not_go()
    {
        Send(_fsync, 1);
        Assert.Null(_fsync.Saw(new StreamCopy(0, 1, IsWhole: true)));
        Assert.Contains(FindingKind.Lost, After(_fsync));
        Send(_fsync, 2);
        Assert.Null(_fsync.Shown(0, new OffsetRange(0, 1)));
        Assert.Contains(FindingKind.Lost, After(_fsync));
        Send(_fsync, 3);
        SentAppend refused = Send(_fsync, new SentAppend(1, 4) { Expected = 0 });
        Assert.Null(_fsync.Answer(refused, new StreamAppendReply(AppendOutcome.Conflict, 1, 0, 0), ++_moment));
        Assert.Contains(FindingKind.Lost, After(_fsync));
    }

    [Fact]
    public void A_part_of_a_batch_is_torn()
    {
        Send(_fsync, 1, 2, 3);
        Assert.Equal([FindingKind.Torn], After(_fsync, 1, 2));
        Send(_fsync, 4, 5);
        Assert.Contains(FindingKind.Torn, After(_fsync, 1, 2, 5));
    }

    [Fact]
    public void Records_that_are_changed_swapped_doubled_or_invented_are_told()
    {
        Confirm(_fsync, Send(_fsync, 1), 0);
        Confirm(_fsync, Send(_fsync, 2), 1);
        Assert.Contains(FindingKind.Lost, After(_fsync, 2, 1));
        Assert.Contains(FindingKind.Corrupted, After(_fsync, 1, 2));
        Assert.Contains(FindingKind.Twice, After(_fsync, 1, 2, 2));
        Assert.Contains(FindingKind.Invented, After(_fsync, 1, 2, 2, 9));
    }

    [Fact]
    public void A_damaged_record_and_a_gap_are_told()
    {
        Send(_fsync, 1);
        Assert.Contains(FindingKind.Corrupted, Kinds(_fsync.Verify(0, 1, [new StreamCopy(0, 0, IsWhole: false)])));
        Send(_fsync, 2, 3);
        Assert.Contains(FindingKind.Order, Kinds(_fsync.Verify(0, 3, [.. Copies(0, 2), .. Copies(2, 3)])));
    }

    [Fact]
    public void A_later_append_of_a_connection_without_an_earlier_one_is_out_of_order()
    {
        Send(_fsync, 1);
        Send(_fsync, 2);
        Assert.Equal([FindingKind.Order], After(_fsync, 2));
        Send(_fsync, 3);
        Send(_fsync, 4);
        Assert.Equal([FindingKind.Order], After(_fsync, 2, 4, 3));

        // Of different connections either may be first, and one that expected another place is not there at all.
        Send(_fsync, new SentAppend(1, 5));
        Send(_fsync, new SentAppend(2, 6));
        Send(_fsync, new SentAppend(2, 7) { Expected = 90 });
        Send(_fsync, new SentAppend(2, 8));
        Assert.Empty(After(_fsync, 2, 4, 3, 6, 8, 5));
    }

    [Fact]
    public void What_is_sent_after_an_answer_lies_behind_it()
    {
        Confirm(_fsync, Send(_fsync, 1), 5);
        Assert.Equal(FindingKind.Answer, Answer(_fsync, Send(_fsync, 2), 4)?.Kind);
        ulong floor = _fsync.Next;
        Assert.Equal(FindingKind.Order, _fsync.Shown(floor, new OffsetRange(0, floor - 1))?.Kind);
        Assert.Null(_fsync.Shown(floor, new OffsetRange(0, floor + 3)));
        SentAppend late = Send(_fsync, new SentAppend(1, 3) { Expected = 1 });
        Assert.NotNull(_fsync.Answer(late, new StreamAppendReply(AppendOutcome.Conflict, 2, 0, 0), ++_moment));
    }

    [Fact]
    public void Two_answers_never_say_different_things_of_an_offset()
    {
        Confirm(_fsync, Send(_fsync, 1), 0);
        Assert.Equal(FindingKind.Answer, _fsync.Saw(new StreamCopy(0, 2, IsWhole: true))?.Kind);
        Assert.Null(_fsync.Saw(new StreamCopy(1, 2, IsWhole: true)));
        SentAppend other = Send(_fsync, 3);
        other.Floor = 0;
        Assert.NotNull(Answer(_fsync, other, 1));
        Assert.Equal(FindingKind.Corrupted, _fsync.Saw(new StreamCopy(2, 0, IsWhole: false))?.Kind);
    }

    [Fact]
    public void An_expected_place_is_got_or_another_one_is_told()
    {
        Assert.NotNull(Answer(_fsync, Send(_fsync, new SentAppend(0, 1) { Expected = 3 }), 4));
        SentAppend same = Send(_fsync, new SentAppend(0, 2) { Expected = 7 });
        Assert.NotNull(_fsync.Answer(same, new StreamAppendReply(AppendOutcome.Conflict, 7, 0, 0), ++_moment));
        SentAppend none = Send(_fsync, 3);
        Assert.NotNull(_fsync.Answer(none, new StreamAppendReply(AppendOutcome.Conflict, 8, 0, 0), ++_moment));
    }

    [Fact]
    public void A_refused_append_that_is_there_is_invented()
    {
        SentAppend refused = Send(_fsync, new SentAppend(0, 1) { Expected = 3 });
        Assert.Null(_fsync.Answer(refused, new StreamAppendReply(AppendOutcome.Conflict, 0, 0, 0), ++_moment));
        Assert.Contains(FindingKind.Invented, After(_fsync, 1));
    }

    [Fact]
    public void What_is_sent_again_after_a_crash_is_a_duplicate_when_it_is_there_and_only_then()
    {
        SentAppend there = Send(_fsync, new SentAppend(0, 1) { Sequence = 0 });
        SentAppend gone = Send(_fsync, new SentAppend(0, 2) { Sequence = 1 });
        Assert.Empty(After(_fsync, 1));
        Send(_fsync, there);
        Send(_fsync, gone);
        Assert.NotNull(Answer(_fsync, there, 1));
        Assert.NotNull(_fsync.Answer(there, Again(4), ++_moment));
        Assert.Null(_fsync.Answer(there, Again(0), ++_moment));
        Assert.Null(_fsync.Answer(there, Again(StreamAppendReply.UnknownOffset), ++_moment));
        Assert.NotNull(_fsync.Answer(gone, Again(1), ++_moment));

        static StreamAppendReply Again(ulong offset) => new(AppendOutcome.Duplicate, offset, 0, 0);
    }

    [Fact]
    public void Records_go_by_a_trim_alone_and_a_confirmed_trim_is_not_undone()
    {
        Confirm(_fsync, Send(_fsync, 1, 2, 3, 4), 0);
        Assert.Contains(FindingKind.Lost, Kinds(_fsync.Verify(1, 4, Copies(1, 2, 3, 4))));
        _fsync.Trimming(3);
        Assert.Empty(_fsync.Verify(2, 4, Copies(2, 3, 4)));
        _fsync.Trimming(3);
        Assert.Null(_fsync.Trimmed(3, 3));
        Assert.Contains(FindingKind.Again, Kinds(_fsync.Verify(2, 4, Copies(2, 3, 4))));
    }

    private static List<StreamCopy> Copies(ulong first, params ulong[] numbers) =>
        [.. numbers.Select((number, i) => new StreamCopy(first + (ulong)i, number, IsWhole: true))];

    private static IEnumerable<FindingKind> Kinds(IReadOnlyList<Finding> findings) => findings.Select(finding => finding.Kind);

    private static IEnumerable<FindingKind> After(AppendHistory history, params ulong[] found) =>
        AfterDurable(history, 0, found);

    private static IEnumerable<FindingKind> AfterDurable(AppendHistory history, long durableUpTo, params ulong[] found)
    {
        history.Crash(durableUpTo, intervalBefore: 0);
        return Kinds(history.Verify(0, (ulong)found.Length, Copies(0, found)));
    }

    private SentAppend Send(AppendHistory history, params ulong[] numbers) => Send(history, new SentAppend(0, numbers));

    private SentAppend Send(AppendHistory history, SentAppend append)
    {
        history.Send(append, ++_moment);
        return append;
    }

    private void Confirm(AppendHistory history, SentAppend append, ulong offset) => Assert.Null(Answer(history, append, offset));

    private Finding? Answer(AppendHistory history, SentAppend append, ulong offset) =>
        history.Answer(append, new StreamAppendReply(AppendOutcome.Appended, offset, 0, 0), ++_moment);
}
