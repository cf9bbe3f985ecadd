using Nexo.Crash.Ledger;
using Nexo.Crash.Topics;

namespace Nexo.Crash.Tests.Topics;

/// <summary>Whether the verdict on topics sees what is broken: each is given to it by hand.</summary>
public sealed class TopicLedgerTests
{
    private readonly TopicLane _lane = new(0);

    [Fact]
    public void What_was_confirmed_and_any_first_part_of_the_rest_is_right()
    {
        Send(("a", "1"), ("b", "1"), ("a", "2"), ("b", null), ("a", "3"));
        _lane.Confirm(2);
        Assert.Empty(_lane.Verify(Found(("a", "2"), ("b", "1"))));

        // It is the truth from then on: what was not there can not come back.
        Assert.Empty(_lane.Verify(Found(("a", "2"), ("b", "1"))));
        Assert.Equal([FindingKind.Invented], Kinds(Found(("a", "3"), ("b", "1"))));
    }

    [Fact]
    public void All_or_nothing_of_what_was_not_confirmed_is_right()
    {
        Send(("a", "1"), ("b", "2"));
        Assert.Empty(_lane.Verify([]));
        Send(("a", "1"), ("b", "2"));
        Assert.Empty(_lane.Verify(Found(("a", "1"), ("b", "2"))));
    }

    [Fact]
    public void A_confirmed_value_that_is_gone_or_an_older_one_is_lost()
    {
        Send(("a", "1"), ("a", "2"));
        _lane.Confirm(2);
        Assert.Equal([FindingKind.Lost], Kinds([]));
        Send(("a", "3"), ("a", "4"));
        _lane.Confirm(2);
        Assert.Equal([FindingKind.Lost], Kinds(Found(("a", "3"))));
    }

    [Fact]
    public void A_confirmed_removal_that_has_not_been_is_lost()
    {
        Send(("a", "1"), ("a", null));
        _lane.Confirm(2);
        Assert.Equal([FindingKind.Lost], Kinds(Found(("a", "1"))));
    }

    [Fact]
    public void A_later_change_without_an_earlier_one_is_no_first_part()
    {
        Send(("a", "1"), ("b", "2"));
        Assert.Equal([FindingKind.Lost], Kinds(Found(("b", "2"))));
        Send(("a", "3"), ("fed", "3"), ("grouped", "3"));
        Assert.NotEmpty(_lane.Verify(Found(("b", "2"), ("fed", "3"))));
    }

    [Fact]
    public void A_value_that_nobody_gave_is_invented()
    {
        Send(("a", "1"));
        _lane.Confirm(1);
        Assert.Equal([FindingKind.Invented], Kinds(Found(("a", "7"))));
        Assert.Equal([FindingKind.Invented], Kinds(Found(("a", "7"), ("c", "1"))));
    }

    [Fact]
    public void A_life_ends_when_it_must_and_not_before()
    {
        var topic = new FleetingTopic("t");
        long now = TimeWindow.Now;
        Confirm(topic, "long", 60_000);
        Assert.Equal(FindingKind.Lost, topic.Verify(null, 0, Seen(now))?.Kind);
        Confirm(topic, "long", 60_000);
        Assert.Null(topic.Verify("long", now + 60_000, Seen(now)));

        // Found, it is known: then it stays until its end, which stays too.
        Assert.Equal(FindingKind.Expiry, topic.Verify("long", now + 90_000, Seen(now))?.Kind);
        Confirm(topic, "short", 1_000);
        Assert.Null(topic.Verify(null, 0, Seen(now + 2_000)));
        Confirm(topic, "short again", 1_000);
        Assert.Equal(FindingKind.Expiry, topic.Verify("short again", now + 1_000, Seen(now + 2_000))?.Kind);
        Confirm(topic, "old", 60_000);
        Confirm(topic, "new", 60_000);
        Assert.Equal(FindingKind.Invented, topic.Verify("old", now + 60_000, Seen(now))?.Kind);
        topic.Send("open", 60_000);
        Assert.Null(topic.Verify(null, 0, Seen(now)));
    }

    private static TimeWindow Seen(long at) => new(at, at);

    private static void Confirm(FleetingTopic topic, string value, long ttlMs) => topic.Confirm(topic.Send(value, ttlMs), ttlMs);

    private static Dictionary<string, string> Found(params ReadOnlySpan<(string Slot, string Value)> slots)
    {
        var found = new Dictionary<string, string>();
        foreach ((string slot, string value) in slots)
        {
            found.Add(slot, value);
        }

        return found;
    }

    private void Send(params ReadOnlySpan<(string Slot, string? Value)> steps)
    {
        foreach ((string slot, string? value) in steps)
        {
            _lane.Send(new TopicStep(slot, value));
        }
    }

    private FindingKind[] Kinds(Dictionary<string, string> found) => [.. _lane.Verify(found).Select(finding => finding.Kind)];
}
