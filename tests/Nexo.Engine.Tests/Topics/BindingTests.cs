using System.Text;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

public sealed class BindingTests
{
    [Fact]
    public void A_binding_is_made_described_listed_and_deleted()
    {
        using var harness = new KeptHarness();
        Assert.Equal(TopicStatus.Ok, harness.Bind("b", "orders/#", "stream", TopicTargetKind.Stream, keyByTopic: true));
        Assert.Equal(TopicStatus.Ok, harness.Bind("a", "orders/+", "queue"));
        Assert.Equal(TopicStatus.Ok, harness.Bind("ab", "x", "queue"));
        string[] all = ["a: orders/+ -> Queue queue", "ab: x -> Queue queue", "b: orders/# -> Stream stream by topic"];
        Assert.Equal(all, harness.Bindings());
        Assert.Equal(all[..2], harness.Service.ListBindings("a"u8, [], 10).Select(KeptHarness.Text));
        Assert.Equal(all[1..2], harness.Service.ListBindings("a"u8, "a"u8, 10).Select(KeptHarness.Text));
        Assert.Equal(all[..1], harness.Service.ListBindings([], [], 1).Select(KeptHarness.Text));
        Assert.True(harness.Service.TryDescribeBinding("b"u8, out TopicBindingInfo info));
        Assert.Equal(all[2], KeptHarness.Text(info));
        Assert.False(harness.Service.TryDescribeBinding("c"u8, out _));
        Assert.Equal(TopicStatus.Ok, harness.Service.DeleteBinding("a"u8, out _));
        Assert.Equal(TopicStatus.BindingNotFound, harness.Service.DeleteBinding("a"u8, out _));
        Assert.Equal(all[1..], harness.Bindings());
        Assert.Equal(2, harness.Service.Stats.Bindings);
    }

    [Fact]
    public void What_is_asked_for_again_is_there_and_another_one_under_the_name_is_refused()
    {
        using var harness = new KeptHarness(new TopicLimits { BindingsMax = 1 });
        var spec = new TopicBindingSpec { Name = "n"u8, Filter = "a"u8, Kind = TopicTargetKind.Queue, Target = "q"u8 };
        Assert.Equal((TopicStatus.Ok, true), (harness.Service.SetBinding(spec, out bool created, out _), created));
        Assert.Equal((TopicStatus.Ok, false), (harness.Service.SetBinding(spec, out created, out _), created));
        Assert.Equal(TopicStatus.BindingConflict, harness.Bind("n", "b", "q"));
        Assert.Equal(TopicStatus.BindingConflict, harness.Bind("n", "a", "p"));
        Assert.Equal(TopicStatus.BindingConflict, harness.Bind("n", "a", "q", TopicTargetKind.Stream));
        Assert.Equal(TopicStatus.BindingConflict, harness.Bind("n", "a", "q", keyByTopic: true));
        Assert.Equal(TopicStatus.TooManyBindings, harness.Bind("m", "a", "q"));
        harness.Targets.Missing.Add("gone");
        Assert.Equal(TopicStatus.TargetNotFound, harness.Bind("m", "a", "gone"));
    }

    [Theory]
    [InlineData("", "a", "q", TopicStatus.NameInvalid)]
    [InlineData("n\u0001", "a", "q", TopicStatus.NameInvalid)]
    [InlineData("n", "a", "", TopicStatus.NameInvalid)]
    [InlineData("n", "", "q", TopicStatus.FilterInvalid)]
    [InlineData("n", "a#", "q", TopicStatus.FilterInvalid)]
    [InlineData("n", "#/a", "q", TopicStatus.FilterInvalid)]
    [InlineData("n", "$share/g/a", "q", TopicStatus.FilterInvalid)]
    [InlineData("n", "$inbox/0123456789abcdef", "q", TopicStatus.FilterInvalid)]
    public void What_breaks_a_rule_is_refused(string name, string filter, string target, TopicStatus expected)
    {
        using var harness = new KeptHarness();
        Assert.Equal(expected, harness.Bind(name, filter, target));
        Assert.Equal(expected, harness.Bind(name, filter, target, TopicTargetKind.Stream));
        Assert.Empty(harness.Bindings());
        Assert.Equal(TopicStatus.NameInvalid, harness.Bind("n", "a", "q", TopicTargetKind.None));
        Assert.Equal(TopicStatus.NameInvalid, harness.Bind(new string('n', 256), "a", "q"));
    }

    [Fact]
    public void A_message_goes_to_every_target_that_a_filter_leads_to_and_to_each_once()
    {
        using var harness = new KeptHarness();
        harness.Bind("1", "a/#", "q");
        harness.Bind("2", "a/+", "q", keyByTopic: true);
        harness.Bind("3", "#", "q", TopicTargetKind.Stream, keyByTopic: true);
        harness.Bind("4", "a/b", "p");
        Assert.Equal(TopicStatus.Ok, harness.Publish("a/b", "x", retain: false, headers: "h"));
        Assert.Equal(["Queue q: a/b=x (h) by topic", "Stream q: a/b=x (h) by topic", "Queue p: a/b=x (h)"], harness.Targets.Pushed);
        Assert.Equal(new TopicPublished(0, 3, 0, false), harness.Published);
        harness.Service.DeleteBinding("1"u8, out _);
        harness.Targets.Pushed.Clear();
        harness.Publish("a/b", "y");
        Assert.Equal(3, harness.Targets.Pushed.Count);
        Assert.Contains("Queue q: a/b=y by topic", harness.Targets.Pushed);
        harness.Publish("$inbox/0123456789abcdef", "secret", retain: false);
        Assert.Equal(3, harness.Targets.Pushed.Count);
    }

    [Fact]
    public void A_refusal_is_counted_and_told_and_holds_up_nobody_else()
    {
        using var harness = new KeptHarness();
        var sink = new SinkList();
        harness.Subscribe(sink, "t");
        harness.Bind("full", "#", "full");
        harness.Bind("other", "t", "other");
        harness.Bind("too", "+", "full");
        harness.Targets.Refusing.Add("full");
        Assert.Equal(TopicStatus.BindingRefused, harness.Publish("t", "1"));
        Assert.Equal(new TopicPublished(1, 1, 1, false), harness.Published);
        Assert.Equal(["t=1"], sink.Take());
        Assert.Equal(["t=1"], harness.Retained());
        harness.Targets.Refusing.Clear();
        Assert.Equal(TopicStatus.Ok, harness.Publish("t", "2"));
        Assert.Equal(
            ["full 1 1", "other 2 0", "too 1 1"],
            harness.Service.ListBindings([], [], 10).Select(
                info => $"{Encoding.UTF8.GetString(info.Name.Span)} {info.Taken} {info.Refused}"));
        Assert.Equal((3L, 1L), (harness.Service.Stats.BindingTaken, harness.Service.Stats.BindingRefused));
    }

    [Fact]
    public void A_publish_waits_for_the_log_if_one_of_its_targets_does()
    {
        using var harness = new KeptHarness();
        harness.Bind("n", "bound", "q");
        harness.Targets.WaitsForLog = true;
        harness.Publish("bound", "1", retain: false);
        Assert.True(harness.Published.WaitsForLog);
        harness.Publish("other", "1", retain: false);
        Assert.False(harness.Published.WaitsForLog);
    }

    [Fact]
    public void Bindings_outlive_a_restart_and_go_on_at_once()
    {
        using var harness = new KeptHarness(log: new());
        for (int i = 0; i < 1_000; i++)
        {
            harness.Bind($"n{i}", $"t/{i}", $"q{i % 7}");
        }

        for (int i = 0; i < 1_000; i += 2)
        {
            harness.Service.DeleteBinding(KeptHarness.Bytes($"n{i}"), out _);
        }

        string[] before = harness.Bindings();
        Assert.Equal(500, before.Length);
        using KeptHarness later = harness.Restart(harness.TakeSnapshot(out var position), position);
        Assert.Equal(before, later.Bindings());
        later.Publish("t/3", "x");
        later.Publish("t/4", "x");
        Assert.Equal(["Queue q3: t/3=x"], later.Targets.Pushed);
    }
}
