using System.Buffers;
using System.Text;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

public sealed class TopicDeliveryTests
{
    [Fact]
    public void What_a_pipeline_publishes_comes_in_one_run_and_is_flushed_once_even_over_many_topics()
    {
        using var harness = new TopicHarness();
        SinkDouble[] sinks = [new(), new(), new()];
        foreach (SinkDouble sink in sinks)
        {
            harness.Subscribe(sink, "a/#");
        }

        for (int i = 0; i < 64; i++)
        {
            harness.Publish($"a/{i % 7}", $"{i}", out TopicPublished published);
            Assert.Equal(3, published.Receivers);
        }

        Assert.Equal(1, TopicHarness.RunAll(harness.Work));
        Assert.All(sinks, sink => Assert.Equal((64, 1, 1), (sink.All.Count, sink.Delivers, sink.Flushes)));
        Assert.All(sinks, sink => Assert.Equal(Enumerable.Range(0, 64).Select(i => $"{i}"), sink.Bodies));
    }

    [Fact]
    public void A_subscription_gets_a_message_once_however_many_of_its_filters_match()
    {
        using var harness = new TopicHarness();
        var sink = new SinkDouble();
        TopicSubscriber subscriber = harness.Subscribe(sink, "a/b", "a/+", "a/#", "#", "+/+", "+/b/#", "a/b");
        Assert.Equal(6, subscriber.Filters);
        Assert.Equal(1, harness.Send("a/b", "x").Receivers);
        Assert.Single(sink.All);
    }

    [Fact]
    public void Who_does_not_want_its_own_does_not_get_it_nor_counts()
    {
        using var harness = new TopicHarness();
        var other = new TopicOwner();
        var sink = new SinkDouble();
        var all = new SinkDouble();
        harness.TrySubscribe(sink, new TopicSubscribeOptions { Owner = harness.Owner, NotOwn = true }, out _, "a");
        harness.TrySubscribe(all, new TopicSubscribeOptions { Owner = harness.Owner }, out _, "a");
        harness.Publish("a", "mine", out TopicPublished mine, publisher: harness.Owner);
        harness.Publish("a", "other's", out TopicPublished others, publisher: other);
        harness.Publish("a", "nobody's", out TopicPublished nobodys);
        TopicHarness.RunAll(harness.Work);
        Assert.Equal((1, 2, 2), (mine.Receivers, others.Receivers, nobodys.Receivers));
        Assert.Equal(["other's", "nobody's"], sink.Bodies);
        Assert.Equal(3, all.All.Count);
    }

    [Fact]
    public void A_long_fan_out_goes_in_turns_and_keeps_the_order()
    {
        using var harness = new TopicHarness(new TopicLimits { FanOutMax = 10 });
        SinkDouble[] sinks = [.. Enumerable.Range(0, 95).Select(_ => new SinkDouble())];
        foreach (SinkDouble sink in sinks)
        {
            harness.Subscribe(sink, "a");
        }

        harness.Publish("a", "1", out _);
        harness.Publish("a", "2", out _);
        Assert.True(harness.Work.Run());
        Assert.Equal(10, sinks.Count(sink => sink.All.Count == 2 && sink.Flushes == 1));
        Assert.Equal(85, sinks.Count(sink => sink.All.Count == 0));
        Assert.Equal(9, TopicHarness.RunAll(harness.Work));
        Assert.All(sinks, sink => Assert.Equal(["1", "2"], sink.Bodies));
        Assert.True(harness.Work.IsEmpty);
        Assert.False(harness.Work.Run());
        Assert.Equal(190, harness.Topics.Stats.Delivered);
    }

    [Fact]
    public void A_run_is_encoded_once_for_all_and_once_for_each_form()
    {
        using var harness = new TopicHarness();
        CountingEncoder[] forms = [new(1), new(2)];
        EncodingSink[] sinks = [.. Enumerable.Range(0, 50).Select(i => new EncodingSink(forms[i % 2]))];
        foreach (EncodingSink sink in sinks)
        {
            harness.Subscribe(sink, "#");
        }

        for (int i = 0; i < 300; i++)
        {
            harness.Publish("a/b", $"message {i}", out _);
        }

        TopicHarness.RunAll(harness.Work);
        Assert.All(forms, form => Assert.Equal(300, form.Written));
        string expected = string.Concat(Enumerable.Range(0, 300).Select(i => $"a/b=message {i};"));
        Assert.All(sinks, sink => Assert.Equal(Encoding.UTF8.GetBytes(expected).Select(value => (byte)(value ^ sink.Form.Key)), sink.Bytes));
        Assert.All(sinks, sink => Assert.Equal((300, sink.Bytes.Count), (sink.Ends, sink.LastEnd)));
    }

    [Fact]
    public void Drops_are_counted_for_the_subscription_and_in_all()
    {
        using var harness = new TopicHarness();
        TopicSubscriber slow = harness.Subscribe(new SinkDouble { DropsEach = 2 }, "a");
        TopicSubscriber fast = harness.Subscribe(new SinkDouble(), "a");
        harness.Send("a", "1");
        harness.Send("a", "2");
        Assert.Equal((2, 4, 2, 0), (slow.Delivered, slow.Dropped, fast.Delivered, fast.Dropped));
        Assert.Equal((4, 4), (harness.Topics.Stats.Delivered, harness.Topics.Stats.Dropped));
    }

    [Fact]
    public void Filters_are_added_all_or_none_up_to_the_bounds()
    {
        using var harness = new TopicHarness(new TopicLimits { FiltersPerOwnerMax = 5, FiltersMax = 8 });
        TopicSubscriber subscriber = harness.Subscribe(new SinkDouble(), "a", "b/+", "$share/g/c");
        Assert.Equal(TopicStatus.TooManyFilters, TopicHarness.Change(subscriber, ["d", "e/#", "f"], []));
        Assert.Equal(TopicStatus.FilterInvalid, TopicHarness.Change(subscriber, ["d", "e#"], ["a"]));
        Assert.Equal((3, 0, 1), (subscriber.Filters, harness.Send("d", "x").Receivers, harness.Send("a", "x").Receivers));

        // What is there already, and what goes, takes no room.
        Assert.Equal(TopicStatus.Ok, TopicHarness.Change(subscriber, ["d", "e/#", "f", "a"], ["b/+"]));
        Assert.Equal(TopicStatus.Ok, TopicHarness.Change(subscriber, ["a", "d"], ["not there", "no#filter"]));
        Assert.Equal(TopicStatus.TooManyFilters, TopicHarness.Change(subscriber, ["a", "g"], ["a"]));
        Assert.Equal(TopicStatus.Ok, TopicHarness.Change(subscriber, ["a"], ["a"]));
        Assert.Equal((5, 5), (subscriber.Filters, harness.Owner.Filters));
        Assert.Equal(TopicStatus.TooManyFilters, Others("1", "2", "3", "4"));
        Assert.Equal(TopicStatus.Ok, Others("1", "2", "3"));
        subscriber.Dispose();
        Assert.Equal((0, 3), (harness.Owner.Filters, harness.Topics.Stats.Filters));
        Assert.Equal(TopicStatus.Ok, TopicHarness.Change(subscriber, ["z"], []));
        Assert.Equal(0, harness.Send("z", "x").Receivers);

        TopicStatus Others(params string[] filters) =>
            harness.TrySubscribe(new SinkDouble(), new TopicSubscribeOptions { Owner = new TopicOwner() }, out _, filters);
    }

    [Fact]
    public void Thousands_of_filters_of_one_subscription_come_and_go()
    {
        using var harness = new TopicHarness();
        string[] filters = [.. Enumerable.Range(0, 5_000).Select(i => i % 3 == 0 ? $"a/{i}/+" : i % 3 == 1 ? $"b/{i}" : $"+/{i}/#")];
        TopicSubscriber subscriber = harness.Subscribe(new SinkDouble(), filters);
        TopicSubscriber second = harness.Subscribe(new SinkDouble(), [.. filters, .. filters]);
        Assert.Equal((5_000, 5_000), (subscriber.Filters, second.Filters));
        harness.Topics.Check();
        Assert.Equal(TopicStatus.Ok, TopicHarness.Change(subscriber, ["new"], [.. filters[..4_000], .. filters[..100]]));
        Assert.Equal(1_001, subscriber.Filters);
        Assert.Equal(1, harness.Send("b/1", "x").Receivers);
        Assert.Equal(2, harness.Send("b/4999", "x").Receivers);
        Assert.Equal(TopicStatus.Ok, TopicHarness.Change(subscriber, filters, []));
        Assert.Equal(5_001, subscriber.Filters);
        harness.Topics.Check();
        subscriber.Dispose();
        second.Dispose();
        harness.CheckEmpty();
    }

    [Fact]
    public void Topics_are_listed_with_what_was_published_and_inboxes_are_not()
    {
        using var harness = new TopicHarness();
        harness.Subscribe(new SinkDouble(), "a/#", "$inbox/0123456789abcdef");
        harness.Subscribe(new SinkDouble(), "a/1", "$share/g/a/+");
        for (int i = 0; i < 3_000; i++)
        {
            harness.Send($"a/{i % 1_500}", "123");
        }

        harness.Send("b", "x");
        harness.Send("$inbox/0123456789abcdef", "x");
        Dictionary<string, TopicSummary> all = List("", 100);
        Assert.Equal(1_501, all.Count);
        Assert.Equal((3, 2, 2 * 6), (all["a/1"].Subscriptions, all["a/1"].Messages, all["a/1"].Bytes));
        Assert.Equal((2, 2, 2 * 6), (all["a/2"].Subscriptions, all["a/2"].Messages, all["a/2"].Bytes));
        Assert.Equal((0, 1, 2), (all["b"].Subscriptions, all["b"].Messages, all["b"].Bytes));
        Assert.Equal(1_500, List("+/+", 7).Count);
        Assert.Equal("b", Assert.Single(List("b", 1)).Key);
        ulong cursor = 0;
        Assert.Equal(TopicStatus.FilterInvalid, harness.Topics.ListTopics("a#"u8, 10, ref cursor, out _));
        Assert.Equal(TopicStatus.FilterInvalid, harness.Topics.ListTopics("$share/g/a"u8, 10, ref cursor, out _));

        Dictionary<string, TopicSummary> List(string filter, int limit)
        {
            var found = new Dictionary<string, TopicSummary>();
            ulong at = 0;
            do
            {
                TopicStatus status = harness.Topics.ListTopics(Encoding.UTF8.GetBytes(filter), limit, ref at, out IReadOnlyList<TopicSummary> page);
                Assert.Equal(TopicStatus.Ok, status);
                Assert.InRange(page.Count, 0, limit);
                foreach (TopicSummary summary in page)
                {
                    found.Add(Encoding.UTF8.GetString(summary.Topic.Span), summary);
                }
            }
            while (at != 0);
            return found;
        }
    }

    [Fact]
    public void Subscriptions_are_listed_by_a_filter_and_an_inbox_keeps_its_name()
    {
        using var harness = new TopicHarness();
        TopicSubscriber[] all =
        [
            harness.Subscribe(new SinkDouble(), "a/b", "x/y"),
            harness.Subscribe(new SinkDouble(), "$share/g/a/b"),
            harness.Subscribe(new SinkDouble(), "$inbox/0123456789abcdef/+"),
            harness.Subscribe(new SinkDouble(), "+/a/#"),
            harness.Subscribe(new SinkDouble()),
        ];
        Assert.Equal(all, List("", 2));
        Assert.Equal([all[0]], List("x/", 1));
        Assert.Equal([all[1]], List("$share/g/", 10));
        Assert.Equal([all[2]], List("$inbox/", 10));
        Assert.Empty(List("$inbox/0", 10));
        Assert.Equal(
            ["a/b", "$share/g/a/b", "$inbox/", "+/a/#", ""],
            all.Select(subscriber => Encoding.UTF8.GetString(subscriber.FirstFilter())));
        all[1].Dispose();
        Assert.Equal([all[0], all[2], all[3], all[4]], List("", 3));

        List<TopicSubscriber> List(string prefix, int limit)
        {
            var found = new List<TopicSubscriber>();
            ulong cursor = 0;
            do
            {
                IReadOnlyList<TopicSubscriber> page = harness.Topics.ListSubscribers(Encoding.UTF8.GetBytes(prefix), limit, ref cursor);
                Assert.InRange(page.Count, 0, limit);
                found.AddRange(page);
            }
            while (cursor != 0);
            return found;
        }
    }

    [Fact]
    public void The_memory_of_filters_is_bounded_whatever_they_look_like()
    {
        using var harness = new TopicHarness(new TopicLimits { FilterBytesMax = 4 * 1_024 * 1_024 });
        var sink = new SinkDouble();
        TopicSubscriber subscriber = harness.Subscribe(sink, "stays/#");
        string deep = string.Concat(Enumerable.Repeat("/x", 120));
        TopicStatus status = TopicStatus.Ok;
        int added = 0;
        while (status == TopicStatus.Ok && added < 100_000)
        {
            string[] filters = [.. Enumerable.Range(added, 10).Select(i => $"{i}{deep}/+")];
            status = TopicHarness.Change(subscriber, filters, []);
            added += 10;
        }

        Assert.Equal(TopicStatus.TooManyFilters, status);
        Assert.InRange(harness.Topics.Stats.FilterBytes, 1_024 * 1_024, 4 * 1_024 * 1_024);
        Assert.Equal(1, harness.Send("stays/here", "x").Receivers);

        // What goes gives its room back.
        subscriber.Dispose();
        Assert.Equal(TopicStatus.Ok, harness.TrySubscribe(sink, new TopicSubscribeOptions { Owner = harness.Owner }, out _, $"a{deep}/+"));
    }

    [Fact]
    public void Topics_and_what_they_lead_to_are_remembered_within_a_bound_of_their_memory()
    {
        using var harness = new TopicHarness(new TopicLimits { CachedMax = 1_000, CachedReceiversMax = 1_000 });
        for (int i = 0; i < 300; i++)
        {
            harness.Subscribe(new SinkDouble(), $"$share/g{i}/#");
        }

        for (int i = 0; i < 500; i++)
        {
            Assert.Equal(300, harness.Send($"t{i % 5}", "x").Receivers);
        }

        harness.Topics.Check();
        Assert.InRange(harness.Topics.Index.RememberedTargets, 300, 1_000);

        // Long topics: fewer of them.
        string level = new('x', 900);
        for (int i = 0; i < 1_000; i++)
        {
            harness.Send($"{level}{i}", "x");
        }

        Assert.InRange(harness.Topics.Stats.Topics, 100, 290);
    }

    [Fact]
    public void Very_many_filters_with_retained_messages_are_added_a_part_at_a_time()
    {
        using var harness = new TopicHarness();
        const int Filters = 10_000;
        var message = new TopicMessage { Topic = "a/9999"u8, Body = "last"u8, Retain = true };
        Assert.Equal(TopicStatus.Ok, harness.Topics.Publish(in message, harness.Work, out _));
        var sink = new SinkDouble();
        var options = new TopicSubscribeOptions { Owner = harness.Owner, Retained = true };
        string[] filters = [.. Enumerable.Range(0, Filters).Select(i => $"a/{i}")];
        Assert.Equal(TopicStatus.Ok, harness.TrySubscribe(sink, options, out TopicSubscriber? subscriber, filters));
        Assert.Equal((Filters, 1), (subscriber!.Filters, harness.Send("a/5000", "live").Receivers));
        while (subscriber.NextRetained(1_000_000))
        {
        }

        Assert.Equal(["live", "last"], sink.Bodies);
        subscriber.Dispose();
        harness.CheckEmpty();
    }

    [Fact]
    public void A_full_cache_forgets_topics_and_delivers_all_the_same()
    {
        using var harness = new TopicHarness(new TopicLimits { CachedMax = 100 });
        var sink = new SinkDouble();
        harness.Subscribe(sink, "#");
        harness.Subscribe(new SinkDouble(), "a/7");
        for (int i = 0; i < 2_000; i++)
        {
            Assert.Equal(i % 500 == 7 ? 2 : 1, harness.Send($"a/{i % 500}", $"{i}").Receivers);
        }

        Assert.Equal(2_000, sink.All.Count);
        Assert.Equal(100, harness.Topics.Stats.Topics);
        harness.Topics.Check();
    }

    [Fact]
    public async Task What_comes_while_the_service_is_disposed_of_or_later_finds_nobody()
    {
        for (int round = 0; round < 50; round++)
        {
            using var harness = new TopicHarness();
            string[] filters = [.. Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? $"a/{i}" : $"+/{i}/#"), "$share/g/a/+"];
            TopicSubscriber[] there = [.. Enumerable.Range(0, 4).Select(_ => harness.Subscribe(new SinkDouble(), filters))];
            var disposal = Task.Run(harness.Topics.Dispose);
            there[0].Dispose();
            there[1].FirstFilter();
            TopicHarness.Change(there[1], ["x", "$share/h/x"], filters[..150]);
            harness.Send("a/1/2", "x");
            await disposal;
            there[2].Dispose();
            Assert.Equal(TopicStatus.Ok, TopicHarness.Change(there[1], ["y/#", "z"], filters));
            Assert.Equal(TopicStatus.Ok, harness.TrySubscribe(
                new SinkDouble(), new TopicSubscribeOptions { Owner = harness.Owner }, out TopicSubscriber? late, "a/2", "+/1"));
            Assert.Equal((0, 0), (harness.Send("a/2", "x").Receivers, harness.Send("b/1", "x").Receivers));
            late!.Dispose();
            ulong cursor = 0;
            Assert.Empty(harness.Topics.ListSubscribers("a"u8, 100, ref cursor));
            harness.Topics.Tick();
        }
    }

    private sealed class CountingEncoder(byte key) : ITopicEncoder
    {
        public byte Key { get; } = key;

        public int Written { get; private set; }

        public void Write(IBufferWriter<byte> to, in TopicMessage message, bool retained)
        {
            Written++;
            byte[] bytes = [.. message.Topic, (byte)'=', .. message.Body, (byte)';'];
            to.Write(bytes.Select(value => (byte)(value ^ Key)).ToArray());
        }
    }

    private sealed class EncodingSink(CountingEncoder form) : ITopicSink
    {
        public CountingEncoder Form { get; } = form;

        public List<byte> Bytes { get; } = [];

        public int Ends { get; private set; }

        public int LastEnd { get; private set; }

        public long Load => 0;

        public int Deliver(TopicRun run)
        {
            TopicEncoding encoded = run.Encoded(Form);
            Bytes.AddRange(encoded.Bytes);
            Ends += encoded.Ends.Length;
            LastEnd = encoded.Ends[^1];
            return 0;
        }

        public void Flush()
        {
        }
    }
}
