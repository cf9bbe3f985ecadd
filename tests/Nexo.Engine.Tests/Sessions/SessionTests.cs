using Nexo.Engine.Sessions;
using Nexo.Engine.Tests.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Sessions;

public sealed class SessionTests
{
    [Fact]
    public void What_comes_while_nobody_is_connected_is_sent_in_order_when_the_client_is_back()
    {
        using var harness = new SessionHarness();
        SessionHarness.Holder first = harness.Connect("c");
        Assert.False(first.Opened.WasPresent);
        Assert.Equal(SessionStatus.Ok, first.Link.Subscribe("a/#"u8, 1, 9, out bool existed, out _));
        Assert.False(existed);
        Assert.Equal(SessionStatus.Ok, first.Link.Close());
        harness.Send(first.Session, "one", retain: true);
        harness.Send(first.Session, "two", quality: 2, identifier: 9, ttlMs: 500);
        harness.Time.Advance(100);

        SessionHarness.Holder second = harness.Connect("c");
        Assert.True(second.Opened.WasPresent);
        Assert.Same(first.Session, second.Session);
        Assert.Equal([9u], second.Session.Subscriptions.Select(subscription => subscription.Identifier));
        Assert.Equal(["1 q1 retain t=one", "2 q2 #9 t=two for 400"], second.Drain());
        harness.Send(first.Session, "three");
        Assert.Equal("3 q1 t=three", second.Next());
        harness.Service.Check();
    }

    [Fact]
    public void What_was_not_acknowledged_comes_again_under_its_id_and_as_a_duplicate()
    {
        using var harness = new SessionHarness();
        SessionHarness.Holder client = harness.Connect("c");
        foreach (int quality in new[] { 1, 2, 2, 1, 2 })
        {
            harness.Send(client.Session, "m", quality);
        }

        Assert.Equal(5, client.Drain().Length);
        Assert.Equal(SessionStatus.Ok, client.Link.Acknowledge(1));
        Assert.Equal(SessionStatus.NotFound, client.Link.Acknowledge(1));
        Assert.Equal(SessionStatus.NotFound, client.Link.Acknowledge(2));
        Assert.Equal(SessionStatus.NotFound, client.Link.Received(4, out _));
        Assert.Equal(SessionStatus.NotFound, client.Link.Complete(2));
        Assert.Equal(SessionStatus.Ok, client.Link.Received(2, out _));
        Assert.Equal(SessionStatus.Ok, client.Link.Received(3, out _));
        Assert.Equal(SessionStatus.Ok, client.Link.Received(3, out _));
        Assert.Equal(SessionStatus.Ok, client.Link.Complete(3));
        client.Link.Close();
        harness.Send(client.Session, "new");

        client = harness.Connect("c");
        Assert.Equal(["2 release", "4 q1 dup t=m", "5 q2 dup t=m", "6 q1 t=new"], client.Drain());
        Assert.Equal(SessionStatus.NotFound, client.Link.Acknowledge(7));
        Assert.Equal(SessionStatus.Ok, client.Link.Refused(5));
        Assert.Equal(3, client.Session.Messages);
        harness.Service.Check();
    }

    [Fact]
    public void Who_takes_a_session_fences_the_one_who_has_had_it()
    {
        using var harness = new SessionHarness();
        SessionHarness.Holder first = harness.Connect("c");
        harness.Send(first.Session, "m");
        Assert.NotNull(first.Next());
        SessionHarness.Holder second = harness.Connect("c");
        Assert.Same(first, second.Opened.Replaced);
        Assert.Equal("1 q1 dup t=m", second.Next());

        harness.Send(second.Session, "n", quality: 2);
        Assert.Null(first.Next());
        Assert.Equal(SessionStatus.Fenced, first.Link.Acknowledge(1));
        Assert.Equal(SessionStatus.Fenced, first.Link.Received(1, out _));
        Assert.Equal(SessionStatus.Fenced, first.Link.Complete(1));
        Assert.Equal(SessionStatus.Fenced, first.Link.Refused(1));
        Assert.Equal(SessionStatus.Fenced, first.Link.Subscribe("a"u8, 0, 0, out _, out _));
        Assert.Equal(SessionStatus.Fenced, first.Link.Unsubscribe("a"u8, out _));
        Assert.Equal(SessionStatus.Fenced, first.Link.BeginInbound(1, out _, out _));
        Assert.Equal(SessionStatus.Fenced, first.Link.EndInbound(1, out _));
        Assert.Equal(SessionStatus.Fenced, first.Link.Close(0));
        Assert.Equal(2, second.Session.Messages);
        Assert.True(second.Session.IsConnected);
        Assert.Equal(1, harness.Service.Stats.TakenOver);
        Assert.Equal(1, harness.Service.Stats.Connected);
    }

    [Fact]
    public void A_clean_start_ends_the_session_that_was_there_and_users_do_not_share_theirs()
    {
        using var harness = new SessionHarness();
        var ended = new EndedList();
        harness.Service.Observer = ended;
        SessionHarness.Holder first = harness.Connect("c");
        SessionHarness.Holder other = harness.Connect("c", user: "v");
        harness.Send(first.Session, "m");
        SessionHarness.Holder second = harness.Connect("c", clean: true);
        Assert.False(second.Opened.WasPresent);
        Assert.Same(first, second.Opened.Replaced);
        Assert.NotSame(first.Session, second.Session);
        Assert.Equal([first.Session], ended.Sessions);
        Assert.Equal(0, first.Session.Messages);
        Assert.Equal(1, harness.Send(first.Session, "late"));
        Assert.Null(second.Next());
        Assert.Equal("v", other.Session.User);
        Assert.Equal(2, harness.Service.Stats.Sessions);
        Assert.True(harness.Service.Remove("u", "c"u8, out ISessionHolder? holder, out _));
        Assert.Same(second, holder);
        Assert.False(harness.Service.Remove("u", "c"u8, out _, out _));
        harness.Service.Check();
    }

    [Fact]
    public void A_session_ends_when_nobody_has_come_for_it_in_time_whatever_the_wall_clock_does()
    {
        using var harness = new SessionHarness(new SessionLimits { ExpirySecondsMax = 100 });
        harness.Connect("zero", 0).Link.Close();
        harness.Connect("short", 1).Link.Close();
        SessionHarness.Holder connected = harness.Connect("connected", 1);
        SessionHarness.Holder changed = harness.Connect("changed", 1);
        changed.Link.Close(2);
        Assert.Equal(100u, harness.Connect("capped", SessionLimits.Never).Opened.ExpirySeconds);
        Assert.Equal(4, harness.Service.Stats.Sessions);

        harness.Time.WallJumpMs = 3_600_000;
        harness.Time.Advance(999);
        harness.Service.Tick();
        Assert.Equal(4, harness.Service.Stats.Sessions);
        harness.Time.Advance(1);
        harness.Service.Tick(isLogBehind: true);
        Assert.Equal(4, harness.Service.Stats.Sessions);
        harness.Service.Tick();
        Assert.Equal(3, harness.Service.Stats.Sessions);
        harness.Time.Advance(1_000);
        harness.Service.Tick();
        Assert.Equal(2, harness.Service.Stats.Sessions);
        Assert.True(connected.Session.IsConnected);
        Assert.Equal(2, harness.Service.Stats.Ended);
        harness.Service.Check();
    }

    [Fact]
    public void Full_it_drops_what_was_not_sent_first_and_never_what_was()
    {
        using var harness = new SessionHarness(new SessionLimits { MessagesPerSessionMax = 3, BytesPerSessionMax = 20 });
        SessionHarness.Holder client = harness.Connect("c");
        harness.Send(client.Session, "1");
        Assert.Equal("1 q1 t=1", client.Next());
        Assert.Equal(0, harness.Send(client.Session, "2"));
        Assert.Equal(0, harness.Send(client.Session, "3"));
        Assert.Equal(1, harness.Send(client.Session, "4"));
        Assert.Equal(["3 q1 t=3", "4 q1 t=4"], client.Drain());
        Assert.Equal(1, harness.Send(client.Session, "5"));
        client.Link.Acknowledge(3);
        Assert.Equal(1, harness.Send(client.Session, new string('x', 20)));
        Assert.Equal(0, harness.Send(client.Session, new string('x', 15)));
        Assert.Equal("5 q1 t=" + new string('x', 15), client.Next());
        Assert.Equal(3, harness.Service.Stats.Dropped);
        Assert.Equal(3, client.Session.Dropped);
        harness.Service.Check();
    }

    [Fact]
    public void Full_it_drops_the_new_ones_if_that_is_the_rule_but_what_has_expired_before_them()
    {
        using var harness = new SessionHarness(
            new SessionLimits { MessagesPerSessionMax = 2, WhenFull = SessionWhenFull.DropNewest });
        SessionHarness.Holder client = harness.Connect("c");
        harness.Send(client.Session, "1", ttlMs: 10);
        harness.Send(client.Session, "2");
        Assert.Equal(1, harness.Send(client.Session, "3"));
        harness.Time.Advance(10);
        Assert.Equal(0, harness.Send(client.Session, "4"));
        Assert.Equal(["2 q1 t=2", "3 q1 t=4"], client.Drain());
        Assert.Equal(1, harness.Service.Stats.Expired);
    }

    [Fact]
    public void What_expires_before_it_is_sent_is_not_and_what_was_sent_comes_again()
    {
        using var harness = new SessionHarness();
        SessionHarness.Holder client = harness.Connect("c");
        harness.Send(client.Session, "sent", ttlMs: 10);
        Assert.Equal("1 q1 t=sent for 10", client.Next());
        harness.Send(client.Session, "late", ttlMs: 10);
        harness.Send(client.Session, "good");
        harness.Time.Advance(10);
        client.Link.Close();
        client = harness.Connect("c");
        Assert.Equal(["1 q1 dup t=sent for 0", "3 q1 t=good"], client.Drain());
        Assert.Equal(1, harness.Service.Stats.Expired);
        harness.Service.Check();
    }

    [Fact]
    public void Memory_for_all_is_bounded_and_given_back()
    {
        using var harness = new SessionHarness(new SessionLimits { BytesMax = 256 * 1_024, PageBytes = 4_096 });
        SessionHarness.Holder client = harness.Connect("c");
        int kept = 0;
        while (harness.Service.Keep("t"u8, [], new byte[1_000], null) is { IsNone: false } body)
        {
            Assert.Equal(0, client.Session.Enqueue([new SessionEntry(body, false, false, 0)]));
            body.Release();
            kept++;
        }

        Assert.InRange(kept, 150, 256);
        Assert.InRange(harness.Service.Stats.Bytes, 200 * 1_024, 256 * 1_024);
        harness.Service.Remove("u", "c"u8, out _, out _);
        harness.Service.Check();
        Assert.Equal(0, harness.Service.Stats.Messages);
        Assert.True(harness.Service.Stats.Bytes < 20 * 1_024);
        Assert.False(harness.Service.Keep("t"u8, [], new byte[1_000], null).IsNone);
    }

    [Fact]
    public void One_message_of_many_sessions_is_kept_once()
    {
        using var harness = new SessionHarness(log: new DurableMemoryLog());
        Session[] sessions = [.. Enumerable.Range(0, 50).Select(i => harness.Connect($"c{i}").Session)];
        SessionBody body = harness.Service.Keep("t"u8, [], new byte[10_000], null);
        foreach (Session session in sessions)
        {
            session.Enqueue([new SessionEntry(body, false, false, 0)]);
        }

        body.Release();
        Assert.Equal(1, harness.Service.Stats.Bodies);
        Assert.Equal(50, harness.Service.Stats.Messages);
        Assert.Single(harness.Log!.Inner.Hex(), record => record.Hex.Length > 10_000);
        harness.Service.Check();
    }

    [Fact]
    public void A_packet_id_is_not_given_to_a_second_message_before_the_first_is_gone()
    {
        using var harness = new SessionHarness();
        SessionHarness.Holder client = harness.Connect("c");
        harness.Send(client.Session, "first");
        Assert.NotNull(client.Next());
        for (int i = 0; i < ushort.MaxValue - 1; i++)
        {
            harness.Send(client.Session, "m");
            Assert.NotNull(client.Next());
            Assert.Equal(SessionStatus.Ok, client.Link.Acknowledge((ushort)(i + 2)));
        }

        harness.Send(client.Session, "next");
        Assert.Null(client.Next());
        Assert.Equal(SessionStatus.Ok, client.Link.Acknowledge(1));
        Assert.Equal("1 q1 t=next", client.Next());
        harness.Service.Check();
    }

    [Fact]
    public void Ids_of_the_clients_own_messages_are_known_until_it_lets_go_of_them()
    {
        using var harness = new SessionHarness();
        SessionHarness.Holder client = harness.Connect("c");
        foreach (ushort id in new ushort[] { 7, 3, 65_535, 1, 5, 9 })
        {
            Assert.Equal(SessionStatus.Ok, client.Link.BeginInbound(id, out bool isNew, out _));
            Assert.True(isNew);
        }

        client.Link.Close();
        client = harness.Connect("c");
        Assert.Equal(SessionStatus.Ok, client.Link.BeginInbound(5, out bool again, out _));
        Assert.False(again);
        Assert.Equal(SessionStatus.Ok, client.Link.EndInbound(5, out _));
        Assert.Equal(SessionStatus.NotFound, client.Link.EndInbound(5, out _));
        Assert.Equal(SessionStatus.Ok, client.Link.BeginInbound(5, out again, out _));
        Assert.True(again);
        Assert.Equal(6, client.Session.Inbound);
    }

    [Fact]
    public void There_are_only_so_many_sessions_and_subscriptions_and_client_ids_have_a_length()
    {
        using var harness = new SessionHarness(
            new SessionLimits { SessionsMax = 1, SubscriptionsPerSessionMax = 1, ClientIdBytesMax = 2 });
        SessionHarness.Holder client = harness.Connect("c");
        Assert.Equal(SessionStatus.TooManySessions, harness.Service.Open("u", "d"u8, default, client, out _));
        Assert.Equal(SessionStatus.ClientIdInvalid, harness.Service.Open("u", "ddd"u8, default, client, out _));
        Assert.Equal(SessionStatus.ClientIdInvalid, harness.Service.Open("u", ""u8, default, client, out _));
        Assert.Equal(SessionStatus.Ok, client.Link.Subscribe("a"u8, 0, 0, out _, out _));
        Assert.Equal(SessionStatus.TooManySubscriptions, client.Link.Subscribe("b"u8, 0, 0, out _, out _));
        Assert.Equal(SessionStatus.Ok, client.Link.Subscribe("a"u8, 2, 0, out bool existed, out _));
        Assert.True(existed);
        Assert.Equal(2, client.Session.Subscriptions[0].Options);
        Assert.Equal(SessionStatus.Ok, client.Link.Unsubscribe("a"u8, out _));
        Assert.Equal(SessionStatus.NotFound, client.Link.Unsubscribe("a"u8, out _));
    }

    [Fact]
    public async Task Exactly_once_is_sent_only_when_it_is_on_disk_and_its_connection_is_woken_then()
    {
        var log = new DurableMemoryLog();
        using var harness = new SessionHarness(log: log);
        SessionHarness.Holder client = harness.Connect("c");
        harness.Send(client.Session, "1");
        harness.Send(client.Session, "2", quality: 2);
        harness.Send(client.Session, "3");
        Assert.Equal(["1 q1 t=1"], client.Drain());
        harness.Send(client.Session, "4", quality: 2);
        log.MakeDurable(new Nexo.Storage.Lsn(log.AppendedLsn.Value - 2));
        for (int i = 0; client.Wakes == 0 && i < 1_000; i++)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Assert.Equal(1, client.Wakes);
        Assert.Equal(["2 q2 t=2", "3 q1 t=3"], client.Drain());
        log.MakeDurable();
        Assert.Equal(["4 q2 t=4"], client.Drain());
    }

    [Fact]
    public void On_a_full_disk_nothing_is_taken_and_what_makes_room_goes_on()
    {
        var log = new DurableMemoryLog { IsImmediate = true };
        using var harness = new SessionHarness(log: log);
        SessionHarness.Holder client = harness.Connect("c");
        harness.Send(client.Session, "1");
        harness.Send(client.Session, "2", quality: 2);
        client.Drain();
        client.Link.BeginInbound(1, out _, out _);
        log.Inner.Room = Nexo.Storage.LogRoom.Full;

        // Whether a message is taken was asked before it came here: what was is not dropped.
        Assert.Equal(0, harness.Send(client.Session, "3"));
        Assert.Equal(SessionStatus.DiskFull, harness.Service.Open("u", "d"u8, default, client, out _));
        Assert.Equal(SessionStatus.DiskFull, client.Link.Subscribe("a"u8, 0, 0, out _, out _));
        Assert.Equal(SessionStatus.DiskFull, client.Link.BeginInbound(2, out bool isNew, out _));
        Assert.False(isNew);
        Assert.Equal(SessionStatus.Ok, client.Link.Acknowledge(1));
        Assert.Equal(SessionStatus.Ok, client.Link.Received(2, out bool waits));
        Assert.True(waits);
        log.Inner.RoomOfReserve = Nexo.Storage.LogRoom.Full;
        Assert.Equal(SessionStatus.DiskFull, client.Link.EndInbound(1, out _));
        log.Inner.RoomOfReserve = Nexo.Storage.LogRoom.Ok;
        Assert.Equal(SessionStatus.Ok, client.Link.EndInbound(1, out _));
        log.Inner.Room = Nexo.Storage.LogRoom.Failed;
        Assert.Equal(SessionStatus.LogFailed, client.Link.BeginInbound(2, out _, out _));
    }

    [Fact]
    public void What_has_expired_leaves_also_while_nobody_reads_a_bounded_number_at_a_time()
    {
        using var harness = new SessionHarness(
            new SessionLimits { ExpiryLooksPerTickMax = 8 }, new DurableMemoryLog { IsImmediate = true });
        SessionHarness.Holder first = harness.Connect("first");
        harness.Send(first.Session, "sent", ttlMs: 10);
        Assert.NotNull(first.Next());
        SessionHarness.Holder second = harness.Connect("second");
        second.Link.Close();
        for (int i = 0; i < 20; i++)
        {
            harness.Send(first.Session, $"{i}", ttlMs: i % 4 == 3 ? null : 10);
            harness.Send(second.Session, $"{i}", ttlMs: i < 10 ? 10 : 1_000);
        }

        harness.Service.Tick();
        Assert.Equal(0, harness.Service.Stats.Expired);
        harness.Time.Advance(10);
        harness.Service.Tick();
        Assert.InRange(harness.Service.Stats.Expired, 1, 8);
        for (int i = 0; i < 20; i++)
        {
            harness.Service.Tick();
            harness.Service.Check();
        }

        Assert.Equal(25, harness.Service.Stats.Expired);
        Assert.Equal((6, 10), (first.Session.Messages, second.Session.Messages));
        SessionHarness next = harness.Restart();
        using (next)
        {
            Assert.Equal((6, 10), (next.Find("first").Messages, next.Find("second").Messages));
            next.Time.Advance(1_000);
            for (int i = 0; i < 20; i++)
            {
                next.Service.Tick();
            }

            Assert.Equal(0, next.Find("second").Messages);
            next.Service.Check();
        }
    }

    [Fact]
    public void Many_subscriptions_of_one_session_cost_what_each_costs()
    {
        const int Filters = 20_000;
        using var harness = new SessionHarness(new SessionLimits { SubscriptionsPerSessionMax = Filters });
        SessionHarness.Holder client = harness.Connect("c");
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Filters; i++)
        {
            Assert.Equal(SessionStatus.Ok, client.Link.Subscribe(SessionHarness.Bytes($"f/{i}"), 1, 0, out _, out _));
        }

        for (int i = 0; i < Filters; i += 2)
        {
            Assert.Equal(SessionStatus.Ok, client.Link.Unsubscribe(SessionHarness.Bytes($"f/{i}"), out _));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50L * 1_024 * 1_024);
        Assert.Equal(Filters / 2, harness.Service.Stats.Subscriptions);
        Assert.True(client.Session.TryFind("f/19999"u8, out SessionSubscription last));
        Assert.Equal("f/19999"u8.ToArray(), last.Filter);
        Assert.False(client.Session.TryFind("f/19998"u8, out _));
        harness.Service.Check();
    }

    private sealed class EndedList : ISessionObserver
    {
        public List<Session> Sessions { get; } = [];

        public void OnEnded(Session session) => Sessions.Add(session);
    }
}
