using System.Text;
using Nexo.Cli.Queues;
using Nexo.Protocol;
using Xunit;

namespace Nexo.Cli.Tests.Queues;

public sealed class QueueTextTests
{
    [Fact]
    public void There_is_a_word_for_every_value_of_this_version()
    {
        Assert.Equal(Enum.GetValues<BackoffKind>(), QueueText.Backoffs.Select(word => word.Value));
        Assert.Equal(Enum.GetValues<FullQueueAction>(), QueueText.WhenFull.Select(word => word.Value));
        Assert.Equal(Enum.GetValues<CatchUpKind>(), QueueText.CatchUps.Select(word => word.Value));
        Assert.Equal(Enum.GetValues<DeadCause>()[1..], QueueText.Causes.Select(word => word.Value));
        Assert.Equal(Enum.GetValues<Durability>()[1..], QueueText.Durabilities.Select(word => word.Value));
    }

    [Fact]
    public void A_value_of_a_newer_server_is_shown_by_its_number() =>
        Assert.Equal("77", QueueText.WordOf(QueueText.Causes, (DeadCause)77));

    [Theory]
    [InlineData("short", 20, "short")]
    [InlineData("a line\nand another", 40, @"a line\nand another")]
    [InlineData("0123456789", 10, "0123456789")]
    [InlineData("0123456789x", 10, "012345678…")]
    [InlineData("\n\n\n\n\n\n\n", 8, @"\n\n\n\…")]
    public void A_body_is_shortened_to_its_column(string body, int width, string expected) =>
        Assert.Equal(expected, MessageText.Short(Encoding.UTF8.GetBytes(body), width));

    [Theory]
    [InlineData(QueueFlow.None, "no")]
    [InlineData(QueueFlow.Pushes, "pushes")]
    [InlineData(QueueFlow.Deliveries, "deliveries")]
    [InlineData(QueueFlow.Pushes | QueueFlow.Deliveries, "all")]
    public void What_is_paused_is_one_word(QueueFlow paused, string word) => Assert.Equal(word, QueueText.Paused(paused));

    [Fact]
    public void An_age_is_never_negative_however_the_clocks_differ()
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        Assert.Equal("1m 30s", QueueText.Age(now.AddSeconds(-90), now));
        Assert.Equal("0ms", QueueText.Age(now.AddSeconds(5), now));
    }
}
