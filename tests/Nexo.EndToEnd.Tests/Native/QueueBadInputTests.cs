using System.Buffers.Binary;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>What bad input gets: a typed error that names the field and what it may be, and nothing is lost.</summary>
public sealed class QueueBadInputTests
{
    private static readonly Delivery Some = new(1, 1, 1, "", "", 0, 0, []);

    private const long Century = 100L * 365 * 24 * 3_600 * 1_000;

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public async Task A_name_that_is_empty_or_too_long(int length)
    {
        string name = new('q', length);
        Frame frame = await AskAsync(Opcode.QueuePush, buffer => Push(buffer, name));
        Refused(frame, ErrorCode.NameInvalid, "queue", "1 to 255");
    }

    [Fact]
    public async Task A_name_with_a_control_character_or_that_is_no_UTF8()
    {
        foreach (byte[] name in (byte[][])[[0x61, 0x00], [0xC3, 0x28]])
        {
            Frame frame = await AskAsync(Opcode.QueueDescribe, buffer => buffer.Write(name));
            Refused(frame, ErrorCode.NameInvalid, "queue", "UTF-8");
        }
    }

    [Fact]
    public async Task A_queue_that_is_not_there()
    {
        (Opcode Opcode, Action<FrameBuffer> Body)[] requests =
        [
            (Opcode.QueueDescribe, buffer => buffer.Write("none"u8)),
            (Opcode.QueueStats, buffer => buffer.Write("none"u8)),
            (Opcode.QueueUpdate, buffer => QueueUpdateRequest.WriteStart(buffer, 0, "none"u8)),
            (Opcode.QueuePause, buffer => new QueuePauseRequest { Flow = QueueFlow.Pushes, Name = "none"u8 }.Write(buffer)),
            (Opcode.QueuePurge, buffer => new QueuePurgeRequest { Parts = PurgeParts.Ready, Name = "none"u8 }.Write(buffer)),
            (Opcode.QueueDelete, buffer => new QueueDeleteRequest { Name = "none"u8 }.Write(buffer)),
            (Opcode.QueueAck, buffer => QueuePeer.Ack(buffer, "none", [Some])),
            (Opcode.QueuePeek, buffer => new QueuePeekRequest { Limit = 1, Queue = "none"u8 }.Write(buffer)),
            (Opcode.QueueDeadList, buffer => QueueDeadListRequest.WriteStart(buffer, 0, 1, default, "none"u8)),
            (Opcode.QueueDeadCount, buffer => QueueDeadSelectRequest.WriteStart(buffer, "none"u8)),
            (Opcode.QueueDeadRedrive, buffer => QueueDeadRedriveRequest.WriteStart(buffer, 0, 0, "none"u8, default)),
        ];
        foreach ((Opcode opcode, Action<FrameBuffer> body) in requests)
        {
            Refused(await AskAsync(opcode, body), ErrorCode.QueueNotFound, "queue", "declare");
        }
    }

    [Fact]
    public async Task A_push_to_a_queue_that_is_not_there_where_none_makes_itself()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Queues = options.Queues with { AutoCreate = false } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Refused(
            await peer.AskAsync(Opcode.QueuePush, 5, buffer => Push(buffer, "none")), ErrorCode.QueueNotFound, "queue", "declare");
        Refused(
            await peer.AskAsync(Opcode.QueueConsume, 5, buffer => QueuePeer.Consume(buffer, "none", 1)),
            ErrorCode.QueueNotFound,
            "queue",
            "declare");
        await peer.BeginPullAsync(5, "none", waitMs: 1_000);
        Refused(await peer.ReadAsync(), ErrorCode.QueueNotFound, "queue", "declare");
        Assert.Equal(0, server.Native.Queues.Count);
    }

    [Fact]
    public async Task A_body_over_the_limit()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Connections = options.Connections with { FrameBytesMax = 256 * 1_024 } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        int most = server.Native.QueueLimits.BodyBytesMax;
        Frame refused = await peer.AskAsync(Opcode.QueuePush, 5, buffer => Push(buffer, "jobs", body: new byte[most + 1]));
        Refused(refused, ErrorCode.ValueTooLarge, "body", $"{most} bytes");
        await peer.PushAsync("jobs", new string('x', most));
    }

    [Fact]
    public async Task The_largest_frame_that_may_be_set()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            Connections = options.Connections with { FrameBytesMax = 512 * 1_024 * 1_024 },
            Topics = options.Topics with { BufferedBytesMax = 4L * 512 * 1_024 * 1_024 },
        });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAsync("jobs", "x");
    }

    [Fact]
    public async Task A_priority_that_the_queue_does_not_have() => Refused(
        await AskAsync(Opcode.QueuePush, buffer => Push(buffer, new PushedMessage { Priority = 10 })),
        ErrorCode.InvalidArgument,
        "priority",
        "0 to 9");

    [Theory]
    [InlineData(-1)]
    [InlineData(Century + 1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public async Task A_delay_that_is_negative_or_absurd(long delayMs)
    {
        Frame frame = await AskAsync(
            Opcode.QueuePush, buffer => Push(buffer, new PushedMessage { Parts = PushParts.Delay, DelayMs = delayMs }));
        Refused(frame, ErrorCode.InvalidArgument, "delayMs", "0 to 3153600000000");
    }

    [Fact]
    public async Task A_due_time_that_is_absurd_or_stands_beside_a_delay()
    {
        Frame absurd = await PushAsync(new PushedMessage { Parts = PushParts.DueAt, DueAt = long.MaxValue });
        Frame both = await PushAsync(
            new PushedMessage { Parts = PushParts.DueAt | PushParts.Delay, DueAt = 1, DelayMs = 1 });
        Refused(absurd, ErrorCode.InvalidArgument, "dueAt", "100 years");
        Refused(both, ErrorCode.InvalidArgument, "dueAt", "not both");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(Century + 1)]
    public async Task A_life_that_is_none_or_too_long(long ttlMs) => Refused(
        await AskAsync(Opcode.QueuePush, buffer => Push(buffer, new PushedMessage { Parts = PushParts.Ttl, TtlMs = ttlMs })),
        ErrorCode.InvalidArgument,
        "ttlMs",
        "1 to 3153600000000");

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public async Task A_dedup_id_or_a_group_that_is_empty_or_too_long(int length)
    {
        byte[] key = new byte[length];
        Frame withId = await PushAsync(new PushedMessage { Parts = PushParts.DedupId, DedupId = key });
        Frame withGroup = await PushAsync(new PushedMessage { Parts = PushParts.Group, Group = key });
        Refused(withId, ErrorCode.InvalidArgument, "dedupId", "1 to 255");
        Refused(withGroup, ErrorCode.InvalidArgument, "group", "1 to 255");
    }

    [Fact]
    public async Task A_lease_that_is_forged_foreign_or_was_settled_changes_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAllAsync("jobs", "a", "b");
        await peer.PushAllAsync("other", "c");
        await peer.BeginPullAsync(7, "jobs", waitMs: 0);
        List<Delivery> had = QueuePeer.Deliveries(await peer.ReadAsync());

        Delivery forged = had[0] with { Lease = had[0].Lease ^ 1 };
        Delivery foreign = had[0] with { Lease = had[1].Lease };
        Delivery never = had[0] with { Id = 99 };
        Delivery free = had[0] with { Lease = 0 };
        Assert.All(
            await peer.AckAsync("jobs", forged, foreign, never, free), code => Assert.Equal(ErrorCode.LeaseLost, code));
        Assert.Equal([ErrorCode.LeaseLost], await peer.AckAsync("other", had[0]));
        Assert.Equal(ErrorCode.LeaseLost, await peer.NackAsync("jobs", forged));
        Assert.Equal([ErrorCode.None, ErrorCode.LeaseLost], await peer.AckAsync("jobs", had[0], had[0]));
        Assert.Equal(1, await peer.StatAsync("jobs", QueueStat.Leased));
        Assert.Equal(1, await peer.StatAsync("other", QueueStat.Ready));
    }

    [Fact]
    public async Task A_lease_that_was_given_back_cannot_be_extended()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAllAsync("jobs", "a");
        await peer.BeginPullAsync(7, "jobs", waitMs: 0);
        Delivery had = QueuePeer.Deliveries(await peer.ReadAsync()).Single();
        Assert.Equal((ErrorCode.None, true), await ExtendAsync(peer, had));
        await peer.NackAsync("jobs", had);

        Assert.Equal((ErrorCode.LeaseLost, false), await ExtendAsync(peer, had));
    }

    [Theory]
    [InlineData(999u)]
    [InlineData(43_200_001u)]
    public async Task A_lease_time_that_is_too_short_or_too_long(uint leaseMs)
    {
        (Opcode, Action<FrameBuffer>)[] requests =
        [
            (Opcode.QueueConsume, buffer => new QueueConsumeRequest { Queue = "jobs"u8, LeaseMs = leaseMs }.Write(buffer)),
            (Opcode.QueuePull, buffer => new QueuePullRequest
            {
                Queue = "jobs"u8, LeaseMs = leaseMs, MessagesMax = 1,
            }.Write(buffer)),
        ];
        foreach ((Opcode opcode, Action<FrameBuffer> body) in requests)
        {
            Refused(await AskAsync(opcode, body), ErrorCode.InvalidArgument, "leaseMs", "1000 to 43200000");
        }
    }

    [Theory]
    [InlineData(QueueOptionTag.LeaseMs, 0, "1000")]
    [InlineData(QueueOptionTag.LeaseMs, ulong.MaxValue, "43200000")]
    [InlineData(QueueOptionTag.Priorities, 0, "1")]
    [InlineData(QueueOptionTag.Priorities, 257, "256")]
    [InlineData(QueueOptionTag.BackoffKind, 3, "0 none")]
    [InlineData(QueueOptionTag.WhenFull, 2, "0 reject")]
    [InlineData(QueueOptionTag.Durability, 0, "1 memory")]
    public async Task An_option_out_of_its_range(QueueOptionTag tag, ulong value, string range)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Frame frame = await peer.DeclareAsync("jobs", (tag, value));
        Refused(frame, ErrorCode.InvalidArgument, string.Empty, range);
        Assert.Equal(tag, TagOf(frame));
        Assert.Equal(0, server.Native.Queues.Count);
    }

    [Fact]
    public async Task An_option_that_is_not_known()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Frame frame = await peer.DeclareAsync("jobs", ((QueueOptionTag)99, 1));
        Refused(frame, ErrorCode.OptionUnknown, "99", "1 to 16");
        Assert.Equal((QueueOptionTag)99, TagOf(frame));
    }

    [Fact]
    public async Task A_declaration_that_conflicts_says_where_and_the_queue_stays_as_it_is()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.DeclareAsync("jobs", (QueueOptionTag.LeaseMs, 5_000), (QueueOptionTag.Priorities, 3));
        Frame same = await peer.DeclareAsync("jobs", (QueueOptionTag.LeaseMs, 5_000));
        Frame other = await peer.DeclareAsync("jobs", (QueueOptionTag.LeaseMs, 5_000), (QueueOptionTag.Priorities, 4));

        Assert.True(QueueDeclareReply.TryRead(same.Body, out QueueDeclareReply reply) && !reply.Created);
        Refused(other, ErrorCode.QueueConflict, "riorities", "3");
        Assert.Equal(QueueOptionTag.Priorities, TagOf(other));
    }

    [Fact]
    public async Task Durability_that_a_server_without_a_disk_cannot_keep()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        foreach (Durability durability in (Durability[])[Durability.Fsync, Durability.Interval])
        {
            Frame frame = await peer.DeclareAsync("jobs", (QueueOptionTag.Durability, (ulong)durability));
            Refused(frame, ErrorCode.UnsupportedDurability, "durability", "memory");
            Assert.Equal(QueueOptionTag.Durability, TagOf(frame));
        }

        Assert.Equal(
            FrameKind.Reply,
            (await peer.DeclareAsync("jobs", (QueueOptionTag.Durability, (ulong)Durability.Memory))).Header.Kind);
    }

    [Fact]
    public async Task Dead_letter_targets_that_lead_back()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await DeclareWithTargetAsync(peer, "a", "b");
        Frame frame = await DeclareWithTargetAsync(peer, "b", "a");
        Refused(frame, ErrorCode.DeadLetterCycle, "", "");
        Refused(await DeclareWithTargetAsync(peer, "c", "c"), ErrorCode.DeadLetterCycle, "", "");
    }

    [Fact]
    public async Task A_push_to_a_queue_that_is_full_or_paused_is_refused_and_may_be_tried_again()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.DeclareAsync("full", (QueueOptionTag.MessagesMax, 1));
        await peer.PushAsync("full", "a");
        Frame full = await peer.AskAsync(Opcode.QueuePush, 5, buffer => Push(buffer, "full"));
        Refused(full, ErrorCode.QueueFull, "messagesMax", "");
        await peer.AskAsync(
            Opcode.QueuePause, 6, buffer => new QueuePauseRequest { Flow = QueueFlow.Pushes, Name = "full"u8 }.Write(buffer));
        Frame paused = await peer.AskAsync(Opcode.QueuePush, 5, buffer => Push(buffer, "full"));
        Refused(paused, ErrorCode.QueuePaused, "paused", "resumed");
        Assert.True(ErrorBody.TryRead(full.Body, out ErrorBody first) && first.Retryable);
        Assert.True(ErrorBody.TryRead(paused.Body, out ErrorBody second) && second.Retryable);
    }

    [Fact]
    public async Task Pages_and_pulls_of_nothing_or_too_much()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAsync("jobs", "a");
        await peer.BeginPullAsync(5, "jobs", waitMs: 0, messagesMax: 0);
        Refused(await peer.ReadAsync(), ErrorCode.InvalidArgument, "messagesMax", "1 to 65536");
        await peer.BeginPullAsync(5, "jobs", waitMs: uint.MaxValue);
        Refused(await peer.ReadAsync(), ErrorCode.InvalidArgument, "waitMs", "0 to 86400000");
        Frame peek = await peer.AskAsync(Opcode.QueuePeek, 5, buffer => new QueuePeekRequest { Queue = "jobs"u8 }.Write(buffer));
        Refused(peek, ErrorCode.InvalidArgument, "limit", "1 to 10000");
        Frame cursor = await peer.AskAsync(
            Opcode.QueuePeek, 5, buffer => new QueuePeekRequest { Queue = "jobs"u8, Limit = 1, Cursor = "x"u8 }.Write(buffer));
        Refused(cursor, ErrorCode.CursorInvalid, "cursor", "");
        Assert.Equal(1, await peer.StatAsync("jobs", QueueStat.Ready));
    }

    [Fact]
    public async Task Lists_of_nothing_and_options_that_exclude_each_other()
    {
        Frame ack = await AskAsync(Opcode.QueueAck, buffer => QueuePeer.Ack(buffer, "jobs", []));
        Frame batch = await AskAsync(
            Opcode.QueuePushBatch, buffer => QueuePushBatchRequest.WriteStart(buffer, allOrNone: true, "jobs"u8, count: 0));
        Frame both = await AskAsync(
            Opcode.QueueConsume,
            buffer => QueuePeer.Consume(
                buffer, "jobs", 1, ConsumeOptions.SettlingGivesCredit | ConsumeOptions.SettledByDelivery));
        Refused(ack, ErrorCode.InvalidArgument, "leases", "1 to 65536");
        Refused(batch, ErrorCode.InvalidArgument, "messages", "1 to 65536");
        Refused(both, ErrorCode.InvalidArgument, "options", "0, 1 or 2");
    }

    [Fact]
    public async Task A_correlation_that_is_in_use_and_one_subscription_too_many()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Connections = options.Connections with { InFlightMax = 1 } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.ConsumeAsync(7, "jobs", credits: 1);
        Frame again = await peer.AskAsync(Opcode.QueueConsume, 7, buffer => QueuePeer.Consume(buffer, "jobs", 1));
        Assert.Equal(ErrorCode.CorrelationInUse, again.Code);
        await peer.BeginPullAsync(8, "empty", waitMs: 1_000);
        Assert.Equal(ErrorCode.TooManyInFlight, (await peer.ReadAsync()).Code);
        using RawPeer producer = await RawPeer.GreetAsync(server);
        await producer.PushAsync("jobs", "a");
        Assert.Equal("a", (await peer.ReadDeliveriesAsync(1)).Single().Body);
    }

    private static async Task<Frame> AskAsync(Opcode opcode, Action<FrameBuffer> writeBody)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Frame frame = await peer.AskAsync(opcode, 5, writeBody);

        // The connection lives, and nothing was left behind.
        Assert.Equal(FrameKind.Reply, (await peer.AskAsync(Opcode.Ping, 6, _ => { })).Header.Kind);
        Assert.Equal(0, server.Native.Queues.Totals.Ready);
        return frame;
    }

    private static Task<Frame> PushAsync(PushedMessage message)
    {
        using var body = new FrameBuffer();
        Push(body, message);
        byte[] bytes = body.Written.ToArray();
        return AskAsync(Opcode.QueuePush, buffer => buffer.Write(bytes));
    }

    private static void Push(FrameBuffer buffer, PushedMessage message) =>
        new QueuePushRequest { Queue = "jobs"u8, Message = message }.Write(buffer);

    private static void Push(FrameBuffer buffer, string queue, byte[]? body = null) =>
        new QueuePushRequest { Queue = QueuePeer.Bytes(queue), Message = new PushedMessage { Body = body } }.Write(buffer);

    private static Task<Frame> DeclareWithTargetAsync(RawPeer peer, string queue, string target) =>
        peer.AskAsync(Opcode.QueueDeclare, 5, buffer =>
        {
            QueueDeclareRequest.WriteStart(buffer, QueuePeer.Bytes(queue));
            QueueOptionFields.Write(buffer, QueueOptionTag.DeadLetterQueue, QueuePeer.Bytes(target));
        });

    private static async Task<(ErrorCode Code, bool HasEnd)> ExtendAsync(RawPeer peer, Delivery delivery)
    {
        Frame frame = await peer.AskAsync(Opcode.QueueExtend, 5, buffer =>
        {
            QueueExtendRequest.WriteStart(buffer, leaseMs: 60_000, "jobs"u8, count: 1);
            LeaseList.WriteItem(buffer, delivery.Id, delivery.Lease);
        });
        Assert.True(QueueExtendReply.TryRead(frame.Body, out QueueExtendReply reply));
        Assert.True(reply.TryTake(out ErrorCode code, out long endsAt));
        return (code, endsAt != 0);
    }

    private static void Refused(Frame frame, ErrorCode code, string field, string allowed)
    {
        Assert.True(frame.Header.Kind == FrameKind.Error, $"{frame.Header.Kind} where {code} was expected");
        Assert.Equal(code, frame.Code);
        Assert.Contains(field, frame.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, frame.Message, StringComparison.Ordinal);
    }

    private static QueueOptionTag TagOf(Frame frame)
    {
        Assert.True(ErrorBody.TryRead(frame.Body, out ErrorBody error));
        return (QueueOptionTag)BinaryPrimitives.ReadUInt16LittleEndian(error.Detail);
    }
}
