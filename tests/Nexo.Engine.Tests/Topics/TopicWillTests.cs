using Nexo.Engine.Tests.Store;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

public sealed class TopicWillTests : IDisposable
{
    private const string User = "user";

    private readonly KeptHarness _harness = new();
    private readonly SinkList _sink = new();
    private readonly TopicOwner _first = new();
    private readonly TopicOwner _second = new();

    public TopicWillTests() => _harness.Subscribe(_sink, "#");

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void A_will_is_published_when_its_connection_is_lost()
    {
        Set(_first, "status/1", "gone");
        Set(_second, "status/2", "gone");
        Assert.Empty(Pass(60_000));
        _harness.Service.Wills.Lost(_first);
        Assert.Equal(["status/1=gone"], Pass(0));
        _harness.Service.Wills.Lost(_first);
        Assert.Empty(Pass(60_000));
        Assert.Equal(1, _harness.Service.Wills.Count);
    }

    [Fact]
    public void A_connection_that_leaves_in_order_or_takes_its_will_back_leaves_none()
    {
        Set(_first, "t", "gone");
        Assert.True(_harness.Service.Wills.Clear(_first));
        Assert.False(_harness.Service.Wills.Clear(_first));
        _harness.Service.Wills.Lost(_first);
        Assert.Empty(Pass(1_000));
        Set(_first, "t", "one");
        Set(_first, "t", "two");
        _harness.Service.Wills.Lost(_first);
        Assert.Equal(["t=two"], Pass(0));
        Assert.Equal(0, _harness.Service.Wills.Count);
    }

    [Fact]
    public void It_waits_for_its_delay_and_is_retained_if_it_is_to_be()
    {
        Set(_first, "t", "gone", delayMs: 1_000, retain: true);
        _harness.Time.Advance(5_000);
        _harness.Service.Wills.Lost(_first);
        Assert.Empty(Pass(999));
        Assert.Empty(_harness.Retained());
        Assert.Equal(["t=gone"], Pass(1));
        Assert.Equal(["t=gone"], _harness.Retained());
    }

    [Fact]
    public void Who_comes_back_with_the_session_in_time_is_not_gone()
    {
        Set(_first, "t", "gone", "s", delayMs: 1_000);
        _harness.Service.Wills.Lost(_first);
        Assert.Empty(Pass(500));
        Set(_second, "t", "gone again", "s", delayMs: 1_000);
        Assert.Empty(Pass(60_000));
        _harness.Service.Wills.Lost(_second);
        Assert.Equal(["t=gone again"], Pass(1_000));
        Assert.Equal(0, _harness.Service.Wills.Count);
    }

    [Fact]
    public void Who_comes_back_before_the_old_connection_is_found_lost_is_not_gone_either()
    {
        Set(_first, "t", "old", "s");
        Set(_second, "t", "new", "s");
        _harness.Service.Wills.Lost(_first);
        Assert.Empty(Pass(1_000));
        Assert.False(_harness.Service.Wills.Clear(_first));
        _harness.Service.Wills.Lost(_second);
        Assert.Equal(["t=new"], Pass(0));
    }

    [Fact]
    public void Who_comes_back_without_a_will_is_not_gone_and_whose_session_has_ended_is_gone_at_once()
    {
        TopicWills wills = _harness.Service.Wills;
        Set(_first, "t", "gone", "s", delayMs: 1_000);
        wills.ComeBack(User, "s"u8, hasEnded: true);
        wills.Lost(_first);
        wills.ComeBack("another", "s"u8, hasEnded: false);
        wills.ComeBack(User, "s"u8, hasEnded: false);
        Assert.Empty(Pass(60_000));
        Assert.Equal(0, wills.Count);

        Set(_first, "t", "ended", "s", delayMs: 1_000);
        wills.Lost(_first);
        wills.ComeBack(User, "s"u8, hasEnded: true);

        // The next one of the session takes nothing from the one that is due.
        Set(_second, "t", "next", "s", delayMs: 1_000);
        Assert.Equal(["t=ended"], Pass(0));
        wills.Lost(_second);
        wills.ComeBack(User, "s"u8, hasEnded: false);
        Assert.Empty(Pass(60_000));
        Assert.Equal(0, wills.Count);
    }

    [Fact]
    public void The_session_of_another_user_or_another_session_changes_nothing()
    {
        Set(_first, "t", "gone", "s", delayMs: 100);
        _harness.Service.Wills.Lost(_first);
        Set(_second, "t", "other", "s", user: "another");
        Set(new TopicOwner(), "t", "other", "s2");
        Set(new TopicOwner(), "t", "other", "ser", user: "u");
        Assert.Equal(["t=gone"], Pass(100));

        // Without a session nobody is known again.
        var third = new TopicOwner();
        Set(third, "t", "nameless", delayMs: 100);
        _harness.Service.Wills.Lost(third);
        Set(new TopicOwner(), "t", "other");
        Assert.Equal(["t=nameless"], Pass(100));
    }

    [Fact]
    public void They_come_in_the_order_in_which_they_are_due()
    {
        for (int i = 0; i < 10; i++)
        {
            var owner = new TopicOwner();
            Set(owner, "t", $"{i}", delayMs: 10 - (i / 2 * 2));
            _harness.Service.Wills.Lost(owner);
        }

        Assert.Equal(["t=8", "t=9", "t=6", "t=7", "t=4", "t=5", "t=2", "t=3", "t=0", "t=1"], Pass(10));
    }

    [Fact]
    public void What_breaks_a_rule_is_refused_and_the_will_that_is_there_stays()
    {
        Set(_first, "t", "gone");
        TopicLimits limits = _harness.Limits;
        Assert.Equal(TopicStatus.TopicInvalid, TrySet(_first, "a/+", "x"));
        Assert.Equal(TopicStatus.TopicInvalid, TrySet(_first, "$SYS/x", "x"));
        Assert.Equal(TopicStatus.WillInvalid, TrySet(_first, "t", "x", delayMs: -1));
        Assert.Equal(TopicStatus.WillInvalid, TrySet(_first, "t", "x", delayMs: limits.WillDelayMsMax + 1));
        Assert.Equal(TopicStatus.WillInvalid, TrySet(_first, "t", "x", new string('s', limits.WillSessionBytesMax + 1)));
        Assert.Equal(TopicStatus.BodyTooLarge, TrySet(_first, "t", new string('x', limits.WillBytesMax)));
        _harness.Service.Wills.Lost(_first);
        Assert.Equal(["t=gone"], Pass(0));
    }

    [Fact]
    public void A_flood_of_wills_is_refused_at_its_bound_and_forgotten_ones_give_their_room_back()
    {
        using var harness = new KeptHarness(new TopicLimits { WillsBytesMax = 10_000 });
        var owners = new List<TopicOwner>();
        TopicStatus status = TopicStatus.Ok;
        while (status == TopicStatus.Ok)
        {
            var owner = new TopicOwner();
            owners.Add(owner);
            status = harness.Service.Wills.Set(owner, User, [], 3_600_000, Will("t", "gone"));
            harness.Service.Wills.Lost(owner);
        }

        Assert.Equal(TopicStatus.WillsFull, status);
        Assert.InRange(owners.Count, 10, 20);
        harness.Time.Advance(3_600_000);
        harness.Service.Tick();
        Assert.Equal(0, harness.Service.Wills.Count);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(TopicStatus.Ok, harness.Service.Wills.Set(owners[0], User, "s"u8, 0, Will("t", "gone")));
            Assert.Equal(TopicStatus.Ok, harness.Service.Wills.Set(owners[1], User, "s"u8, 0, Will("t", "gone")));
        }

        Assert.Equal(1, harness.Service.Wills.Count);
    }

    [Fact]
    public void Wills_that_wait_leave_room_for_those_of_who_is_here()
    {
        using var harness = new KeptHarness(new TopicLimits { WillsBytesMax = 20_000 });
        for (int i = 0; i < 30; i++)
        {
            var owner = new TopicOwner();
            Assert.Equal(TopicStatus.Ok, harness.Service.Wills.Set(owner, User, [(byte)i], 3_600_000 - i, Will("t", $"{i}")));
            harness.Service.Wills.Lost(owner);
        }

        // Those due last go first.
        harness.Service.Tick();
        Assert.InRange(harness.Service.Wills.Published, 5, 20);
        Assert.InRange(harness.Service.Wills.Count, 10, 25);
        Assert.Equal(30, harness.Service.Wills.Published + harness.Service.Wills.Count);
        long early = harness.Service.Wills.Published;
        for (int i = 0; i < 15; i++)
        {
            Assert.Equal(TopicStatus.Ok, harness.Service.Wills.Set(new TopicOwner(), User, [], 0, Will("t", "here")));
        }

        // One that comes back is forgotten as ever, and gives its room back.
        var back = new TopicOwner();
        Assert.Equal(TopicStatus.Ok, harness.Service.Wills.Set(back, User, [29], 0, Will("t", "back")));
        harness.Time.Advance(3_600_000);
        harness.Service.Tick();
        Assert.InRange(harness.Service.Wills.Published, early + 8, 30);
        Assert.Equal(16, harness.Service.Wills.Count);
    }

    [Fact]
    public void The_delay_ends_with_the_session_and_what_is_due_then_is_nobodys_to_take_back()
    {
        TopicWills wills = _harness.Service.Wills;
        Set(_first, "t", "short", "s", delayMs: 60_000);
        wills.Lost(_first, delayMsMax: 1_000);
        Assert.Empty(Pass(999));
        Assert.Equal(["t=short"], Pass(1));

        Set(_first, "t", "at once", "s", delayMs: 60_000);
        wills.Lost(_first, delayMsMax: 0);
        wills.ComeBack(User, "s"u8, hasEnded: false);
        Set(_second, "t", "next", "s", delayMs: 60_000);
        Assert.Equal(["t=at once"], Pass(0));
        Assert.Equal(1, wills.Count);
    }

    [Fact]
    public void A_will_that_a_full_disk_refuses_comes_when_there_is_room()
    {
        using var harness = new KeptHarness(log: new MemoryLog());
        TopicWills wills = harness.Service.Wills;
        Assert.Equal(TopicStatus.Ok, wills.Set(_first, User, "s"u8, 0, Will("t", "gone", retain: true)));
        wills.Lost(_first);
        harness.Log!.Room = Nexo.Storage.LogRoom.Full;
        harness.Service.Tick();
        wills.ComeBack(User, "s"u8, hasEnded: false);
        Assert.Equal((0, 1), (wills.Published, wills.Count));
        harness.Log.Room = Nexo.Storage.LogRoom.Ok;
        harness.Time.Advance(1_000);
        harness.Service.Tick();
        Assert.Equal((1, 0), (wills.Published, wills.Count));
        Assert.Equal(1, harness.Service.Stats.Retained);
    }

    private static TopicMessage Will(string topic, string body, bool retain = false) =>
        new() { Topic = KeptHarness.Bytes(topic), Body = KeptHarness.Bytes(body), Retain = retain };

    private void Set(
        TopicOwner owner, string topic, string body, string session = "", long delayMs = 0, bool retain = false, string user = User) =>
        Assert.Equal(TopicStatus.Ok, TrySet(owner, topic, body, session, delayMs, retain, user));

    private TopicStatus TrySet(
        TopicOwner owner, string topic, string body, string session = "", long delayMs = 0, bool retain = false, string user = User) =>
        _harness.Service.Wills.Set(owner, user, KeptHarness.Bytes(session), delayMs, Will(topic, body, retain));

    private string[] Pass(long ms)
    {
        _harness.Time.Advance(ms);
        _harness.Service.Tick();
        return _sink.Take();
    }
}
