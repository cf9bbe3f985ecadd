using System.Text;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

public sealed class TopicGroupTests : IDisposable
{
    private readonly TopicHarness _topics = new();

    public void Dispose() => _topics.Dispose();

    [Fact]
    public void Members_with_nothing_to_do_take_turns()
    {
        SinkDouble[] members = Members(4, "$share/g/a/#");
        Send(40);
        Assert.All(members, member => Assert.Equal(10, member.All.Count));
        Assert.All(members, member => Assert.All(member.All, message => Assert.NotNull(message.Share)));
        Assert.Equal(40, members.SelectMany(member => member.Bodies).Distinct().Count());
    }

    [Fact]
    public void The_least_loaded_gets_it_and_who_has_no_room_nothing_while_another_has()
    {
        SinkDouble[] members = Members(20, "$share/g/a/#");
        foreach (SinkDouble member in members)
        {
            member.Load = long.MaxValue;
        }

        // Far from where the turn is: it is found all the same.
        members[13].Load = 1_000_000;
        Send(10);
        Assert.Equal(10, members[13].All.Count);

        SinkDouble[] two = Members(2, "$share/h/a/#");
        two[0].Load = 100;
        two[1].Load = 99;
        Send(5);
        Assert.Equal((0, 5), (two[0].All.Count, two[1].All.Count));

        // Nobody has room: one gets it, and drops by its own rule.
        two[0].Load = two[1].Load = long.MaxValue;
        Send(4);
        Assert.Equal(9, two[0].All.Count + two[1].All.Count);
    }

    [Fact]
    public void While_no_member_has_room_a_message_asks_a_few_of_very_many()
    {
        const int Count = 2_000;
        const int Sent = 1_000;
        SinkDouble[] members = Members(Count, "$share/g/a/#");
        Array.ForEach(members, member => member.Load = long.MaxValue);
        Send(Sent);
        Assert.InRange(members.Sum(member => member.LoadsAsked), Sent, 20 * Sent);

        // Who has room again is found within a round of the others.
        members[Count / 2].Load = 0;
        Send(Count);
        Assert.InRange(members[Count / 2].All.Count, Count / 2, Count);
    }

    [Fact]
    public void Very_many_groups_of_one_filter_are_found_by_their_names()
    {
        const int Groups = 30_000;
        var sink = new SinkDouble();
        string[] filters = [.. Enumerable.Range(0, Groups).Select(i => $"$share/g{i}/x")];
        TopicSubscriber all = _topics.Subscribe(sink, filters);
        Assert.Equal(Groups, all.Filters);
        Assert.Equal(TopicStatus.Ok, TopicHarness.Change(all, filters, filters[1..]));
        Assert.Equal(Groups, all.Filters);
        Assert.Equal(TopicStatus.Ok, TopicHarness.Change(all, [], filters[1..]));
        Assert.Equal(1, _topics.Send("x", "x").Receivers);
        Assert.Equal("$share/g0/x", Text(all.FirstFilter()));
        all.Dispose();
        _topics.CheckEmpty();
    }

    [Fact]
    public void A_message_goes_once_to_each_group_and_to_those_with_filters_of_their_own()
    {
        SinkDouble[] first = Members(2, "$share/g/a/#");
        SinkDouble[] second = Members(2, "$share/h/a/#", "$share/g/a/+");
        var own = new SinkDouble();
        _topics.Subscribe(own, "a/b", "$share/h/a/#");
        Assert.Equal(4, _topics.Send("a/b", "x").Receivers);
        Assert.Single(first.SelectMany(member => member.All));
        Came[] came = [.. second.SelectMany(member => member.All), .. own.All];
        Assert.Single(came, message => message.Share == null);
        Assert.Equal(["a/#", "a/+"], came.Where(message => message.Share != null).Select(message => Text(message.Share!.Filter)).Order());
        Assert.Equal(4, _topics.Topics.Stats.Delivered);
    }

    [Fact]
    public void What_a_member_has_not_sent_goes_to_the_others_and_is_dropped_if_there_are_none()
    {
        var first = new SinkDouble();
        var second = new SinkDouble { Load = long.MaxValue };
        TopicSubscriber leaving = _topics.Subscribe(first, "$share/g/a");
        TopicSubscriber staying = _topics.Subscribe(second, "$share/g/a");
        Send(3, "a");
        Assert.Equal((3, 0), (first.All.Count, second.All.Count));

        leaving.Dispose();
        GiveBack(first);
        Assert.Equal(["0", "1", "2"], second.Bodies);
        Assert.All(second.All, message => Assert.Same(first.All[0].Share, message.Share));
        TopicStats stats = _topics.Topics.Stats;
        Assert.Equal((3, 3, 0), (stats.Published, stats.Delivered, stats.Dropped));

        staying.Dispose();
        GiveBack(second);
        stats = _topics.Topics.Stats;
        Assert.Equal((3, 3, 3), (stats.Published, stats.Delivered, stats.Dropped));
        Assert.Equal(0, _topics.Send("a", "nobody").Receivers);
        _topics.CheckEmpty();
    }

    [Fact]
    public void A_group_lives_as_long_as_it_has_members()
    {
        SinkDouble sink = new();
        TopicSubscriber first = _topics.Subscribe(sink, "$share/g/+/x", "a");
        TopicSubscriber second = _topics.Subscribe(sink, "$share/g/+/x");
        Assert.Equal(1, _topics.Send("b/x", "1").Receivers);
        Assert.Equal(TopicStatus.Ok, TopicHarness.Change(first, [], ["$share/g/+/x", "$share/other/+/x"]));
        Assert.Equal(1, _topics.Send("b/x", "2").Receivers);
        second.Dispose();
        Assert.Equal(0, _topics.Send("b/x", "3").Receivers);
        Assert.Equal("a", Encoding.UTF8.GetString(first.FirstFilter()));
        Assert.Equal(["1", "2"], sink.Bodies);
        first.Dispose();
        _topics.CheckEmpty();
    }

    [Fact]
    public void Not_my_own_and_a_share_do_not_go_together()
    {
        var options = new TopicSubscribeOptions { Owner = _topics.Owner, NotOwn = true };
        Assert.Equal(TopicStatus.FilterInvalid, _topics.TrySubscribe(new SinkDouble(), options, out _, "a", "$share/g/a"));
        Assert.Equal(TopicStatus.Ok, _topics.TrySubscribe(new SinkDouble(), options, out TopicSubscriber? subscriber, "a"));
        Assert.Equal(TopicStatus.FilterInvalid, TopicHarness.Change(subscriber!, ["b", "$share/g/a"], ["a"]));
        Assert.Equal(1, subscriber!.Filters);
        Assert.Equal(1, _topics.Send("a", "x").Receivers);
    }

    private SinkDouble[] Members(int count, params string[] filters)
    {
        SinkDouble[] members = [.. Enumerable.Range(0, count).Select(_ => new SinkDouble())];
        foreach (SinkDouble member in members)
        {
            _topics.Subscribe(member, filters);
        }

        return members;
    }

    private void Send(int count, string topic = "a/b")
    {
        for (int i = 0; i < count; i++)
        {
            _topics.Send(topic, $"{i}");
        }
    }

    private void GiveBack(SinkDouble from)
    {
        foreach (Came message in from.All)
        {
            byte[] topic = Encoding.UTF8.GetBytes(message.Topic);
            byte[] body = Encoding.UTF8.GetBytes(message.Body);
            _topics.Topics.GiveBack(message.Share!, new TopicMessage { Topic = topic, Body = body }, _topics.Work);
        }

        TopicHarness.RunAll(_topics.Work);
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
