using Nexo.Crash.Linear;

namespace Nexo.Crash.Tests.Linear;

/// <summary>The checker finds what is wrong and accepts what is right; both are known here.</summary>
public sealed class LinearCheckerTests
{
    [Fact]
    public void Calls_one_after_the_other_are_linearizable() =>
        Assert.True(History.Holds(h => h
            .Set(0, 5).Get(1, 5).Increment(0, 2, 7).Cas(1, 7, 9, true).Cas(0, 7, 1, false).Get(0, 9)));

    [Fact]
    public void A_read_beside_a_write_may_see_either_state()
    {
        Assert.True(History.Holds(h => h.Set(0, 1).Begin(0, new Call(CallKind.Set, 2)).Get(1, 1).Get(1, 2).End(0)));
        Assert.True(History.Holds(h => h.Set(0, 1).Begin(0, new Call(CallKind.Set, 2)).Get(1, 2).End(0)));
    }

    [Fact]
    public void A_read_that_goes_back_in_time_is_found() =>
        Assert.False(History.Holds(h => h.Set(0, 1).Begin(0, new Call(CallKind.Set, 2)).Get(1, 2).Get(1, 1).End(0)));

    [Fact]
    public void A_stale_read_after_an_answered_write_is_found() =>
        Assert.False(History.Holds(h => h.Set(0, 1).Set(0, 2).Get(1, 1)));

    [Fact]
    public void Two_increments_that_got_the_same_sum_are_found() =>
        Assert.False(History.Holds(h => h
            .Begin(0, new Call(CallKind.Increment, 1)).Begin(1, new Call(CallKind.Increment, 1))
            .End(0, new Answer(1)).End(1, new Answer(1))));

    [Fact]
    public void A_compare_and_set_that_won_against_another_value_is_found() =>
        Assert.False(History.Holds(h => h.Set(0, 1).Cas(1, 2, 3, true)));

    [Fact]
    public void Two_compare_and_sets_that_both_won_are_found() =>
        Assert.False(History.Holds(h => h.Set(0, 1)
            .Begin(0, new Call(CallKind.CompareAndSet, 10, 1)).Begin(1, new Call(CallKind.CompareAndSet, 20, 1))
            .End(0, new Answer(Done: true)).End(1, new Answer(Done: true))));

    [Fact]
    public void A_write_without_an_answer_may_have_happened_before_the_crash_or_not()
    {
        Assert.True(History.Holds(h => h.Set(0, 1).Begin(0, new Call(CallKind.Set, 2)).Crash(0).Get(1, 1).Get(1, 1)));
        Assert.True(History.Holds(h => h.Set(0, 1).Begin(0, new Call(CallKind.Set, 2)).Crash(0).Get(1, 2).Get(1, 2)));
    }

    [Fact]
    public void A_write_without_an_answer_that_appears_later_after_the_crash_is_found() =>
        Assert.False(History.Holds(h => h.Set(0, 1).Begin(0, new Call(CallKind.Set, 2)).Crash(0).Get(1, 1).Get(1, 2)));

    [Fact]
    public void A_write_that_was_seen_before_the_crash_and_is_gone_after_it_is_found() =>
        Assert.False(History.Holds(h => h
            .Set(0, 1).Begin(0, new Call(CallKind.Set, 2)).Get(1, 2).Crash(0).Get(1, 1)));

    [Fact]
    public void An_acknowledged_write_that_is_gone_after_a_crash_is_found() =>
        Assert.False(History.Holds(h => h.Set(0, 1).Set(0, 2).Begin(1, new Call(CallKind.Get)).Crash(1).Get(0, 1)));

    [Fact]
    public void An_increment_without_an_answer_counts_at_most_once()
    {
        History OpenIncrement(History h) => h.Set(0, 1).Begin(0, new Call(CallKind.Increment, 1)).Crash(0);

        Assert.True(History.Holds(h => OpenIncrement(h).Get(1, 1)));
        Assert.True(History.Holds(h => OpenIncrement(h).Get(1, 2)));
        Assert.False(History.Holds(h => OpenIncrement(h).Get(1, 3)));
    }
}
