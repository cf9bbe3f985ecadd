using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueDeliveryTests
{
    [Fact]
    public void Messages_come_in_the_order_of_their_push_and_are_gone_once_settled()
    {
        using var harness = new QueueHarness();
        (QueueConsumer _, ConsumerDouble sink) = harness.Consume(credits: 10);
        harness.PushAll("a", "b", "c");
        Assert.Equal(["a", "b", "c"], sink.Bodies);
        Assert.Equal([1UL, 2, 3], sink.All.Select(message => message.Id));
        Assert.Equal([QueueStatus.Ok, QueueStatus.Ok, QueueStatus.Ok], harness.AckAll("q", [.. sink.All]));
        Assert.Equal(0, harness.Stats().Leased);
        Assert.Equal(3, harness.Stats().Acked);
        harness.TickUntilIdle();
        Assert.Equal(3, sink.All.Count);
    }

    [Fact]
    public void The_highest_priority_comes_first_and_within_it_the_oldest()
    {
        using var harness = new QueueHarness();
        harness.PushAll(
            "low", new Pushing("high 1") { Priority = 9 }, new Pushing("mid") { Priority = 4 }, new Pushing("high 2") { Priority = 9 });
        Assert.Equal(["high 1", "high 2", "mid", "low"], harness.Pull().Select(message => message.Body));
    }
}
