using Nexo.Cli.Topics;
using Xunit;

namespace Nexo.Cli.Tests.Topics;

public sealed class TopicTreeTests
{
    [Fact]
    public void Topics_are_set_in_below_what_they_have_in_common()
    {
        TopicRow[] rows = [.. Tree(("a/x", 1), ("a/y", 2), ("b", 4)).Rows(10)];
        Assert.Equal(["0 a", "1 x", "1 y", "0 b"], rows.Select(row => $"{row.Depth} {row.Text}"));
        Assert.Equal([3, 1, 2, 4], rows.Select(row => row.Messages));
        Assert.Equal([null, 7, 7, 7], rows.Select(row => row.Subscriptions));
    }

    [Fact]
    public void Levels_with_nothing_beside_them_are_one_line()
    {
        Assert.Equal(["0 a/b", "1 c/d", "1 e"], Texts(Tree(("a/b/c/d", 1), ("a/b/e", 1)), 10));
        Assert.Equal(["0 a", "1 b"], Texts(Tree(("a", 1), ("a/b", 1)), 10));
    }

    [Fact]
    public void What_does_not_fit_stays_closed_and_where_most_messages_go_is_opened_first()
    {
        TopicTree tree = Tree(("a/1", 1), ("a/2", 1), ("b/1", 50), ("b/2", 50), ("c", 1));
        Assert.Equal(["0 a", "0 b", "1 1", "1 2", "0 c"], Texts(tree, 6));
        Assert.Equal([2, 0, 1, 1, 1], tree.Rows(6).Select(row => row.Topics));
    }

    [Fact]
    public void A_rate_counts_for_more_than_all_that_was_before()
    {
        var tree = new TopicTree(
        [
            new TopicLook("a/1", 0, 1_000, 0, 0), new TopicLook("a/2", 0, 1_000, 0, 0),
            new TopicLook("b/1", 0, 1, 0, 5), new TopicLook("b/2", 0, 1, 0, 6),
        ]);
        Assert.Equal(["0 a", "0 b", "1 1", "1 2"], Texts(tree, 4));
        Assert.Equal(11, tree.Rows(4)[1].PerSecond);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(17)]
    public void There_are_never_more_lines_than_asked_for(int rowsMax)
    {
        TopicTree tree = Tree([.. Enumerable.Range(0, 1_000).Select(i => ($"{i % 7}/{i % 11}/{i}", i))]);
        Assert.InRange(tree.Rows(rowsMax).Count, 1, rowsMax);
    }

    [Fact]
    public void Empty_levels_are_levels()
    {
        Assert.Equal(["0 ", "1 a", "1 b", "0 a//b"], Texts(Tree(("/a", 1), ("/b", 1), ("a//b", 1)), 10));
    }

    private static TopicTree Tree(params (string Topic, int Messages)[] topics) =>
        new(topics.Select(topic => new TopicLook(topic.Topic, 7, topic.Messages, 0, null)));

    private static IEnumerable<string> Texts(TopicTree tree, int rowsMax) =>
        tree.Rows(rowsMax).Select(row => $"{row.Depth} {row.Text}");
}
