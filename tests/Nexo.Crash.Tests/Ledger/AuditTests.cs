using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Tests.Ledger;

/// <summary>The verdict over what a server held after a crash: what it must find, and what it must let pass.</summary>
public sealed class AuditTests
{
    private readonly BookOfOne _book = new();

    [Fact]
    public void What_was_acknowledged_as_durable_must_be_there()
    {
        _book.Acknowledge("a", 1, Durability.Fsync);

        Assert.Empty(_book.FindingsFor(("a", 1)));
        _book.Acknowledge("a", 2, Durability.Fsync);
        Assert.Equal([FindingKind.Lost], _book.FindingsFor(("a", 1)));
        Assert.Equal([FindingKind.Lost], _book.FindingsFor());
    }

    [Fact]
    public void What_was_not_answered_may_be_there_or_not()
    {
        _book.Acknowledge("a", 1, Durability.Fsync);
        _book.Send("a", 2);

        Assert.Empty(_book.FindingsFor(("a", 1)));
        _book.Send("a", 3);
        Assert.Empty(_book.FindingsFor(("a", 3)));
    }

    [Fact]
    public void What_was_found_once_stays()
    {
        _book.Acknowledge("a", 1, Durability.Fsync);
        _book.Send("a", 2);

        Assert.Empty(_book.FindingsFor(("a", 2)));
        Assert.Equal([FindingKind.Lost], _book.FindingsFor(("a", 1)));
    }

    [Fact]
    public void Less_than_fsync_may_be_lost_until_a_later_fsync_is_acknowledged()
    {
        _book.Acknowledge("a", 1, Durability.Memory);
        Assert.Empty(_book.FindingsFor());

        _book.Acknowledge("a", 2, Durability.Memory);
        _book.Acknowledge("b", 3, Durability.Fsync);
        Assert.Equal([FindingKind.Lost], _book.FindingsFor(("b", 3)));
    }

    [Fact]
    public void A_change_that_survived_without_the_one_before_it_is_found()
    {
        _book.Send("a", 1);
        _book.Send("b", 2);

        Assert.Equal([FindingKind.Order], _book.FindingsFor(("b", 2)));
    }

    [Fact]
    public void A_first_part_of_the_open_operations_may_have_happened()
    {
        _book.Send("a", 1);
        _book.Send("b", 2);

        Assert.Empty(_book.FindingsFor(("a", 1)));
    }

    [Fact]
    public void A_key_that_nobody_wrote_is_found()
    {
        _book.Acknowledge("a", 1, Durability.Fsync);

        Assert.Equal([FindingKind.Invented], _book.FindingsFor(("a", 1), ("b", 2)));
    }

    [Fact]
    public void A_deleted_key_that_came_back_is_found()
    {
        _book.Acknowledge("a", 1, Durability.Fsync);
        _book.AcknowledgeDelete("a");

        Assert.Equal([FindingKind.Invented], _book.FindingsFor(("a", 1)));
    }

    [Fact]
    public void A_damaged_value_is_found()
    {
        _book.Acknowledge("a", 1, Durability.Fsync);
        Observation seen = BookOfOne.See(1, version: 1);
        seen.Value![20] ^= 1;

        var there = new Dictionary<string, Observation> { ["L0/a"] = seen };
        Assert.Equal([FindingKind.Corrupted], _book.FindingsFor(there));
    }

    [Fact]
    public void A_version_that_is_not_the_acknowledged_one_is_found()
    {
        _book.Acknowledge("a", 1, Durability.Fsync);

        Observation seen = BookOfOne.See(1, version: 99);

        Assert.Equal([FindingKind.Version], _book.FindingsFor(new Dictionary<string, Observation> { ["L0/a"] = seen }));
    }

    [Fact]
    public void An_entry_past_its_deadline_and_one_without_its_deadline_are_found()
    {
        _book.Acknowledge("a", 1, Durability.Fsync, ttlMs: 60_000);
        Observation seen = BookOfOne.See(1, version: 1);
        Assert.Equal([FindingKind.Expiry], _book.FindingsFor(new Dictionary<string, Observation> { ["L0/a"] = seen }));

        seen.RemainingMs = 59_990;
        Assert.Empty(_book.FindingsFor(new Dictionary<string, Observation> { ["L0/a"] = seen }));
        Assert.Equal([FindingKind.Lost], _book.FindingsFor());

        seen.Time = seen.Time.Plus(61_000);
        seen.RemainingMs = 0;
        Assert.Equal([FindingKind.Expiry], _book.FindingsFor(new Dictionary<string, Observation> { ["L0/a"] = seen }));
    }

    [Fact]
    public void An_answer_that_does_not_follow_from_those_before_it_is_found()
    {
        _book.Acknowledge("a", 1, Durability.Fsync);

        Finding? finding = _book.AnswerAppend("a", claimedLength: 3);

        Assert.Equal(FindingKind.Answer, finding?.Kind);
    }
}
