using Nexo.Engine.Queues;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueFiguresTests
{
    [Fact]
    public void A_delivery_counts_how_long_the_message_was_ready_and_an_ack_how_long_it_was_leased()
    {
        using var harness = new QueueHarness();
        harness.Push("1");
        harness.Advance(100);
        Delivered message = Assert.Single(harness.Pull());
        AssertOnly(harness.Queues.WaitTimes(), 100);
        Assert.Equal(0, harness.Queues.WorkTimes().Count);

        harness.Advance(1_500);
        Assert.Equal(QueueStatus.Ok, harness.Ack(message));
        AssertOnly(harness.Queues.WorkTimes(), 1_500);
    }

    [Fact]
    public void A_delay_is_no_wait_and_one_that_was_given_back_waits_anew()
    {
        using var harness = new QueueHarness();
        harness.Push(new Pushing("1") { DelayMs = 60_000 });
        harness.Advance(60_000);
        harness.Advance(3);
        Delivered message = Assert.Single(harness.Pull());
        Assert.Equal(1, harness.Queues.WaitTimes().Count);
        Assert.InRange(harness.Queues.WaitTimes().Sum, 3, 200);

        harness.Advance(5_000);
        harness.Nack(message, QueueNack.Release);
        harness.Advance(7);
        Delivered again = Assert.Single(harness.Pull());
        Assert.Equal(2, harness.Queues.WaitTimes().Count);
        Assert.InRange(harness.Queues.WaitTimes().Sum, 10, 400);
        Assert.Equal(0, harness.Queues.WorkTimes().Count);
        harness.Ack(again);
        AssertOnly(harness.Queues.WorkTimes(), 0);
    }

    [Fact]
    public void A_message_that_has_waited_for_months_is_counted_as_such()
    {
        const long Days = 24L * 3_600 * 1_000;
        using var harness = new QueueHarness();
        harness.Push("1");
        harness.Advance(60 * Days);
        Assert.Single(harness.Pull());
        AssertOnly(harness.Queues.WaitTimes(), 60 * Days);
    }

    [Fact]
    public void A_survey_names_the_oldest_queues_and_sums_up_the_others()
    {
        using var harness = new QueueHarness();
        for (int i = 0; i < 20; i++)
        {
            for (int pushes = 0; pushes <= i; pushes++)
            {
                harness.Push("x", $"q{i}");
            }
        }

        QueueSurvey survey = harness.Queues.Survey(5);
        Assert.Equal(["q0", "q1", "q2", "q3", "q4"], survey.Named.Select(named => named.Name));
        Assert.Equal([1, 2, 3, 4, 5], survey.Named.Select(named => named.Stats.Ready));
        Assert.Equal(15, survey.RestCount);
        Assert.Equal(195, survey.Rest.Ready);
        Assert.Equal(210, survey.Totals.Ready);
        Assert.Equal(210, survey.Totals.Pushed);

        Assert.Equal(QueueStatus.Ok, harness.Queues.Delete("q1"u8, ifEmpty: false, ifUnused: false, out _, out _));
        survey = harness.Queues.Survey(5);
        Assert.Equal(["q0", "q2", "q3", "q4", "q5"], survey.Named.Select(named => named.Name));
        Assert.Equal(14, survey.RestCount);
        Assert.Equal(208, survey.Totals.Ready);
        Assert.Equal(210, survey.Totals.Pushed);

        Assert.Empty(harness.Queues.Survey(0).Named);
        Assert.Equal(19, harness.Queues.Survey(0).RestCount);
        Assert.Equal(0, harness.Queues.Survey(19).RestCount);
    }

    private static void AssertOnly(HistogramSum sum, long value)
    {
        Assert.Equal(1, sum.Count);
        Assert.Equal(value, sum.Sum);
        Assert.Equal(1, sum.CountAt(Histogram.IndexOf(value)));
    }
}
