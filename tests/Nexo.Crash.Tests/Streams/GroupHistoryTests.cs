using Nexo.Crash.Ledger;
using Nexo.Crash.Streams;
using Nexo.Crash.Streams.Groups;
using Nexo.Protocol;

namespace Nexo.Crash.Tests.Streams;

/// <summary>Whether the verdict on groups sees what is broken: each is given to it by hand.</summary>
public sealed class GroupHistoryTests
{
    private static readonly StreamPlan Stream = new("s");

    private readonly OrderedHistory _ordered = new(new GroupPlan(Stream, GroupMode.Ordered));
    private readonly SharedHistory _shared = new(new GroupPlan(Stream, GroupMode.SharedByKey));
    private readonly TrackedMember _member = new(new GroupPlan(Stream, GroupMode.Ordered), 1) { Number = 1 };

    public GroupHistoryTests()
    {
        Assert.Null(_ordered.Created(isNew: true, 0));
        Assert.Null(_shared.Created(isNew: true, 0));
        Assert.Null(Join(_ordered, _member, 2));
    }

    [Fact]
    public void A_position_is_between_what_was_confirmed_and_what_was_asked()
    {
        Commit(5);
        _ordered.Committing(2, 8);
        Assert.Empty(After(_ordered, epoch: 2, position: 7));
        Join(_ordered, _member, 3);
        _ordered.Committing(3, 9);
        Assert.Null(_ordered.Committed(3, 9, 9, 3));
        Assert.Equal([FindingKind.Lost], After(_ordered, epoch: 3, position: 8));
        Assert.Equal([FindingKind.Lost], After(_ordered, epoch: 3, position: 10));

        // A trim moves it, and so does a seek, even one that nobody has answered.
        Assert.Empty(After(_ordered, epoch: 3, position: 12, first: 12));
        _ordered.Seeking(4);
        Assert.Empty(After(_ordered, epoch: 4, position: 4));
        _ordered.Seeking(6);
        Assert.Null(_ordered.Sought(new GroupSeekReply(4, 6, 0, 5)));
        Assert.Equal([FindingKind.Lost], After(_ordered, epoch: 5, position: 4));
    }

    [Fact]
    public void An_epoch_that_was_confirmed_does_not_go_back_and_the_group_is_there()
    {
        Assert.Equal([FindingKind.Lost], After(_ordered, epoch: 1, position: 0));
        Assert.Equal([FindingKind.Lost], Kinds(_ordered.Verify(null, new Dictionary<ulong, int>())));
        Assert.Equal(FindingKind.Lost, _ordered.Created(isNew: true, 0)?.Kind);
        Assert.NotNull(Join(_ordered, new TrackedMember(_member.Plan, 1) { Epoch = 9 }, 3));
        Assert.Equal([FindingKind.Lost], After(_shared, epoch: 2, position: 0, lag: 20));
    }

    [Fact]
    public void A_commit_that_is_late_or_not_taken_is_told()
    {
        _ordered.Committing(2, 3);
        Assert.Equal(FindingKind.Answer, _ordered.Committed(2, 3, 2, seen: 2)?.Kind);
        Assert.Equal(FindingKind.Answer, _ordered.Committed(2, 3, 3, seen: 3)?.Kind);
    }

    [Fact]
    public void The_active_member_gets_all_from_the_position_on()
    {
        Assert.NotNull(Give(2, 1));
        Assert.Null(Give(2, 2));
        Assert.NotNull(Give(2, 4));
        Commit(3);
        Join(_ordered, _member, 3);
        Assert.NotNull(Give(3, 2));
        Join(_ordered, _member, 4);
        Assert.Null(Give(4, 3, 4));
        Assert.NotNull(Give(3, 5));
        Assert.Null(_ordered.Delivered(_member, 4, [Copy(9)], offset => offset == 9));
    }

    [Fact]
    public void What_is_done_does_not_come_again_and_what_is_not_does_not_go()
    {
        Assert.Null(Share(0));
        Assert.Null(Share(1));
        Settle(0, RecordVerdict.Ack, isConfirmed: true);
        Settle(1, RecordVerdict.Ack, isConfirmed: false);
        Assert.Equal(FindingKind.Again, Share(0)?.Kind);

        // What was not confirmed may be either.
        Assert.Empty(After(_shared, 1, position: 2, lag: 18));
        Assert.Empty(After(_shared, 1, position: 1, lag: 19));
        Assert.Contains(FindingKind.Lost, After(_shared, 1, position: 0, lag: 20));
        Assert.Contains(FindingKind.Lost, After(_shared, 1, position: 3, lag: 17));
        Assert.Contains(FindingKind.Lost, After(_shared, 1, position: 2, lag: 17));
        Assert.Equal(FindingKind.Again, Share(0)?.Kind);
        Assert.Null(Share(1));
        Assert.Contains(FindingKind.Lost, After(_shared, 1, position: 2, lag: 18));
        Assert.Equal(18, _shared.Skipped(new OffsetRange(0, 20)).Count());
    }

    [Fact]
    public void Of_a_key_one_is_out_at_a_time_in_its_order()
    {
        // Numbers that are three times something have a key, of seven.
        Assert.Null(Share(0, 21));
        Assert.Equal(FindingKind.Order, Share(1, 42)?.Kind);
        Assert.Null(Share(2, 24));
        Settle(2, RecordVerdict.Nack, isConfirmed: true);
        Assert.Null(Share(3, 45));
        Settle(3, RecordVerdict.Ack, isConfirmed: true);
        Assert.Equal(FindingKind.Order, Share(2, 24)?.Kind);

        // Nor is that so after a crash, since what is done was preceded by it.
        After(_shared, 1, 0, 20);
        Assert.Equal(FindingKind.Order, Share(2, 24)?.Kind);
    }

    [Fact]
    public void A_dead_letter_has_a_reason_comes_once_and_does_not_come_back()
    {
        Share(0);
        Assert.Contains(FindingKind.DeadLetter, After(_shared, 1, 1, 19, letters: new() { [0] = 1 }));
        Share(1);
        Settle(1, RecordVerdict.DeadLetter, isConfirmed: true);
        Assert.Equal(FindingKind.Again, Share(1)?.Kind);
        Assert.Empty(After(_shared, 1, 2, 18, letters: new() { [0] = 1, [1] = 1 }));
        Assert.Contains(FindingKind.Lost, After(_shared, 1, 2, 18, letters: new() { [0] = 1 }));
        Share(2);
        for (int i = 0; i < GroupPlan.DeliveriesMax; i++)
        {
            Settle(2, RecordVerdict.Nack, isConfirmed: true);
        }

        Assert.Contains(FindingKind.Twice, After(_shared, 1, 3, 17, letters: new() { [0] = 1, [2] = 2 }));
    }

    [Fact]
    public void A_seek_begins_anew_and_what_an_older_epoch_said_means_nothing()
    {
        Share(0);
        Settle(0, RecordVerdict.Ack, isConfirmed: true);
        Assert.Equal(FindingKind.Answer, _shared.Delivered(_member, 2, Copy(5))?.Kind);
        _shared.Seeking(0);
        Assert.Null(_shared.Delivered(_member, 2, Copy(0)));
        Assert.Empty(After(_shared, 2, 0, 20));
        _shared.Seeking(4);
        Assert.Null(_shared.Sought(new GroupSeekReply(0, 4, 0, 3)));
        Assert.Equal(FindingKind.Again, _shared.Delivered(_member, 3, Copy(3))?.Kind);
        Assert.Null(_shared.Delivered(_member, 2, Copy(3)));
        Assert.Contains(FindingKind.Lost, After(_shared, 3, 3, 17));
    }

    private static Finding? Join(GroupHistory history, TrackedMember member, ulong epoch) =>
        history.Told(member, new GroupState(epoch, 0, MemberState.Active), isDurable: true);

    private static StreamCopy Copy(ulong offset, ulong number = 1) => new(offset, number, IsWhole: true);

    private static IEnumerable<FindingKind> Kinds(IReadOnlyList<Finding> findings) => findings.Select(finding => finding.Kind);

    private static FindingKind[] After(
        GroupHistory history,
        ulong epoch,
        ulong position,
        ulong lag = 0,
        ulong first = 0,
        Dictionary<ulong, int>? letters = null) =>
        [.. Kinds(history.Verify(new GroupStanding(epoch, position, lag, new OffsetRange(first, 20)), letters ?? []))];

    private Finding? Give(ulong epoch, params ulong[] offsets) =>
        _ordered.Delivered(_member, epoch, [.. offsets.Select(offset => Copy(offset))], _ => false);

    private Finding? Share(ulong offset, ulong number = 1) => _shared.Delivered(_member, 1, Copy(offset, number));

    private void Commit(ulong offset)
    {
        _ordered.Committing(2, offset);
        Assert.Null(_ordered.Committed(2, offset, offset, 2));
    }

    private void Settle(ulong offset, RecordVerdict verdict, bool isConfirmed)
    {
        var record = new TrackedRecord(offset, 1, 7);
        _shared.Settling(record, verdict);
        if (isConfirmed)
        {
            Assert.Null(_shared.Settled(record, verdict, seen: 1));
        }
    }
}
