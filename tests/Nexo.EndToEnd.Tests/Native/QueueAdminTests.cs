using System.Text;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>Queues as such: definitions, lists, pauses, figures, and looking at messages.</summary>
public sealed class QueueAdminTests
{
    [Fact]
    public async Task A_definition_is_described_with_all_its_options_and_changes_with_its_revision()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.DeclareAsync("jobs", (QueueOptionTag.LeaseMs, 5_000), (QueueOptionTag.BackoffKind, 1));
        (ulong first, Dictionary<QueueOptionTag, ulong> options) = Definition(
            await peer.AskAsync(Opcode.QueueDescribe, 5, buffer => buffer.Write("jobs"u8)));

        Frame updated = await peer.AskAsync(Opcode.QueueUpdate, 6, buffer =>
        {
            QueueUpdateRequest.WriteStart(buffer, first, "jobs"u8);
            QueueOptionFields.Write(buffer, QueueOptionTag.LeaseMs, 6_000);
        });
        Frame late = await peer.AskAsync(Opcode.QueueUpdate, 7, buffer => QueueUpdateRequest.WriteStart(buffer, first, "jobs"u8));

        Assert.Equal(15, options.Count);
        Assert.Equal((1UL, 5_000UL, 1UL), (first, options[QueueOptionTag.LeaseMs], options[QueueOptionTag.BackoffKind]));
        Assert.Equal((ulong)Durability.Memory, options[QueueOptionTag.Durability]);
        (ulong second, options) = Definition(updated);
        Assert.Equal((2UL, 6_000UL, 1UL), (second, options[QueueOptionTag.LeaseMs], options[QueueOptionTag.BackoffKind]));
        Assert.Equal(ErrorCode.QueueConflict, late.Code);
    }

    [Fact]
    public async Task A_list_is_paged_in_the_order_of_the_names()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        for (int i = 0; i < 25; i++)
        {
            await peer.DeclareAsync($"job-{i:D2}");
        }

        await peer.DeclareAsync("other");
        await peer.PushAllAsync("job-07", "a", "b");
        List<string> names = [];
        byte[] cursor = [];
        do
        {
            byte[] after = cursor;
            Frame frame = await peer.AskAsync(
                Opcode.QueueList, 5, buffer => new ScanRequest { Limit = 10, Cursor = after, Prefix = "job-"u8 }.Write(buffer));
            Assert.True(QueueListReply.TryRead(frame.Body, out QueueListReply reply));
            cursor = reply.Cursor.ToArray();
            while (reply.TryTake(out QueueListItem item))
            {
                names.Add(Encoding.UTF8.GetString(item.Name));
                Assert.Equal(names[^1] == "job-07" ? 2UL : 0, item.Ready);
            }
        }
        while (cursor.Length > 0);

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"job-{i:D2}"), names);
    }

    [Fact]
    public async Task Deliveries_that_are_paused_wait_until_they_are_resumed()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await peer.DeclareAsync("jobs");
        await FlowAsync(peer, Opcode.QueuePause);
        await consumer.ConsumeAsync(7, "jobs", credits: 10);
        await peer.PushAllAsync("jobs", "a");
        Assert.Equal((1L, 2L), (await peer.StatAsync("jobs", QueueStat.Ready), await peer.StatAsync("jobs", QueueStat.Paused)));

        await FlowAsync(peer, Opcode.QueueResume);

        Assert.Equal("a", (await consumer.ReadDeliveriesAsync(1)).Single().Body);
    }

    [Fact]
    public async Task A_delayed_message_comes_when_it_is_due_and_an_unsettled_one_when_its_lease_has_ended()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await producer.DeclareAsync("jobs", (QueueOptionTag.LeaseMs, 1_000), (QueueOptionTag.BackoffKind, 0));
        await consumer.ConsumeAsync(7, "jobs", credits: 10);
        await producer.AskAsync(Opcode.QueuePush, 5, buffer => new QueuePushRequest
        {
            Queue = "jobs"u8,
            Message = new PushedMessage { Parts = PushParts.Delay, DelayMs = 50, Body = "later"u8 },
        }.Write(buffer));
        Assert.Equal(1, await producer.StatAsync("jobs", QueueStat.PushedTotal));

        Delivery first = (await consumer.ReadDeliveriesAsync(1)).Single();
        Delivery second = (await consumer.ReadDeliveriesAsync(1)).Single();

        Assert.Equal(("later", 1u, 2u), (first.Body, first.Attempt, second.Attempt));
        Assert.NotEqual(first.Lease, second.Lease);
        Assert.Equal([ErrorCode.LeaseLost], await producer.AckAsync("jobs", first));
        Assert.Equal([ErrorCode.None], await producer.AckAsync("jobs", second));
    }

    [Fact]
    public async Task Messages_are_looked_at_in_pages_without_being_taken()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAllAsync("jobs", [.. Enumerable.Range(0, 30).Select(i => $"{i}")]);
        await peer.BeginPullAsync(7, "jobs", waitMs: 0, messagesMax: 2);
        await peer.ReadAsync();

        Assert.Equal(Enumerable.Range(2, 28).Select(i => $"{i}"), await PeekAsync(peer, PeekWhich.Ready, limit: 10, bytesMax: 0));
        Assert.Equal(["0", "1"], await PeekAsync(peer, PeekWhich.Leased, limit: 10, bytesMax: 1));
        Assert.Empty(await PeekAsync(peer, PeekWhich.Delayed, limit: 10, bytesMax: 0));
        Assert.Equal(28, await peer.StatAsync("jobs", QueueStat.Ready));
    }

    [Fact]
    public async Task A_purge_removes_what_is_ready_and_leaves_what_is_leased()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAllAsync("jobs", "a", "b", "c");
        await peer.BeginPullAsync(7, "jobs", waitMs: 0, messagesMax: 1);
        Delivery leased = QueuePeer.Deliveries(await peer.ReadAsync()).Single();
        Frame frame = await peer.AskAsync(
            Opcode.QueuePurge, 5, buffer => new QueuePurgeRequest { Parts = PurgeParts.Ready, Name = "jobs"u8 }.Write(buffer));

        Assert.True(CountReply.TryRead(frame.Body, out CountReply purged) && purged.Count == 2);
        Assert.Equal([ErrorCode.None], await peer.AckAsync("jobs", leased));
    }

    [Fact]
    public async Task A_purge_of_many_messages_holds_up_nothing_behind_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAllAsync("jobs", [.. Enumerable.Range(0, 5_000).Select(i => $"{i}")]);
        await peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.QueuePurge, FrameKind.Request, 5);
            new QueuePurgeRequest { Parts = PurgeParts.Ready, Name = "jobs"u8 }.Write(buffer);
            buffer.End();
            buffer.Begin(Opcode.Ping, FrameKind.Request, 6);
            buffer.End();
        });
        Assert.Equal(6u, (await peer.ReadAsync()).Header.Correlation);
        Assert.True(CountReply.TryRead((await peer.ReadAsync()).Body, out CountReply purged) && purged.Count == 5_000);
    }

    [Fact]
    public async Task A_queue_that_is_in_use_is_not_deleted_if_it_is_not_to_be()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await peer.PushAllAsync("jobs", "a");
        Assert.Equal(ErrorCode.QueueConflict, (await DeleteAsync(peer, QueueDeleteConditions.IfEmpty)).Code);
        await consumer.ConsumeAsync(7, "jobs", credits: 0);
        Assert.Equal(ErrorCode.QueueConflict, (await DeleteAsync(peer, QueueDeleteConditions.IfUnused)).Code);
        await consumer.NoticeAsync(Opcode.Stop, 7);
        await consumer.ReadAsync();

        Frame deleted = await DeleteAsync(peer, QueueDeleteConditions.IfUnused);
        Assert.True(CountReply.TryRead(deleted.Body, out CountReply removed) && removed.Count == 1);
        Assert.Equal(0, server.Native.Queues.Count);
    }

    [Fact]
    public async Task Messages_that_are_settled_by_their_delivery_are_gone_then()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        RawPeer consumer = await RawPeer.GreetAsync(server);
        await consumer.ConsumeAsync(7, "jobs", credits: 10, ConsumeOptions.SettledByDelivery);
        await producer.PushAllAsync("jobs", "a", "b");

        List<Delivery> came = await consumer.ReadDeliveriesAsync(2);

        Assert.All(came, delivery => Assert.Equal((0UL, 0L), (delivery.Lease, delivery.LeaseEndsAt)));
        consumer.Dispose();
        await Poll.UntilAsync(() => server.Native.Queues.Totals is { Ready: 0, Leased: 0, Acked: 2, Consumers: 0 });
    }

    [Fact]
    public async Task The_figures_of_all_queues_are_in_the_facts_about_the_server()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAllAsync("jobs", "a", "b");
        await peer.PushAllAsync("more", "c");
        Frame frame = await peer.AskAsync(Opcode.Info, 5, _ => { });
        Assert.True(InfoReply.TryRead(frame.Body, out IReadOnlyList<KeyValuePair<string, string>>? facts));
        Dictionary<string, string> all = facts!.ToDictionary();

        Assert.Equal(("2", "3", "3", "memory"), (
            all["queues.count"], all["queues.ready"], all["queues.pushed"], all["queues.durability"]));
    }

    private static async Task FlowAsync(RawPeer peer, Opcode opcode)
    {
        Frame frame = await peer.AskAsync(
            opcode, 5, buffer => new QueuePauseRequest { Flow = QueueFlow.Deliveries, Name = "jobs"u8 }.Write(buffer));
        Assert.Equal(FrameKind.Reply, frame.Header.Kind);
    }

    private static Task<Frame> DeleteAsync(RawPeer peer, QueueDeleteConditions conditions) => peer.AskAsync(
        Opcode.QueueDelete, 5, buffer => new QueueDeleteRequest { Conditions = conditions, Name = "jobs"u8 }.Write(buffer));

    private static async Task<List<string>> PeekAsync(RawPeer peer, PeekWhich which, uint limit, uint bytesMax)
    {
        List<string> bodies = [];
        byte[] cursor = [];
        do
        {
            byte[] after = cursor;
            Frame frame = await peer.AskAsync(Opcode.QueuePeek, 5, buffer => new QueuePeekRequest
            {
                Queue = "jobs"u8,
                Which = which,
                Limit = limit,
                BytesMax = bytesMax,
                Cursor = after,
            }.Write(buffer));
            Assert.True(KeptMessagePage.TryRead(frame.Body, out KeptMessagePage page));
            Assert.InRange(page.Count, 0u, limit);
            cursor = page.Cursor.ToArray();
            while (page.TryTake(out KeptMessage message))
            {
                bodies.Add(Encoding.UTF8.GetString(message.Body));
                Assert.Equal(which == PeekWhich.Leased, (message.Parts & KeptParts.VisibleAt) != 0);
            }
        }
        while (cursor.Length > 0);

        return bodies;
    }

    private static (ulong Revision, Dictionary<QueueOptionTag, ulong> Options) Definition(Frame frame)
    {
        Assert.True(QueueDefinitionReply.TryRead(frame.Body, out QueueDefinitionReply reply));
        Dictionary<QueueOptionTag, ulong> options = [];
        while (reply.Options.TryTake(out QueueOptionTag tag, out ulong number, out _))
        {
            if (tag != QueueOptionTag.DeadLetterQueue)
            {
                options.Add(tag, number);
            }
        }

        return (reply.Revision, options);
    }
}
