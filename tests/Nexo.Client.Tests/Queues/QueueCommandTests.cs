using System.Text;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Every method of a queue but those that deliver: what it sends, read by the protocol's own readers, and what it makes of
/// the answer.</summary>
public sealed class QueueCommandTests : QueueHarness
{
    private static readonly QueueOptions AllOptions = new()
    {
        Lease = TimeSpan.FromSeconds(12),
        DeliveriesMax = 7,
        Backoff = BackoffKind.Fixed,
        BackoffDelay = TimeSpan.FromSeconds(2),
        BackoffDelayMax = TimeSpan.FromSeconds(3),
        DeadLetterQueue = "dead",
        MessageTtl = TimeSpan.FromDays(1),
        MessagesMax = 5_000_000_000,
        BytesMax = 6_000_000_000,
        WhenFull = FullQueueAction.DeadLetter,
        DedupWindow = TimeSpan.FromMinutes(1),
        Durability = Durability.Interval,
        Priorities = 20,
        GroupInFlightMax = 2,
        GroupPerSecondMax = 3,
        UnusedFor = TimeSpan.FromHours(1),
    };

    [Fact]
    public async Task Declare_sends_the_options_that_are_given_and_reads_all_of_them()
    {
        byte[] sent = [];
        QueueDeclaration declared = await Call(Queue.DeclareAsync(AllOptions), Opcode.QueueDeclare, body => sent = body, buffer =>
        {
            QueueDeclareReply.WriteStart(buffer, created: true, revision: 4);
            Assert.True(QueueDeclareRequest.TryRead(sent, out QueueDeclareRequest request));
            Assert.Equal(Name, request.Name.Text());
            CopyOptions(request.Options, buffer);
        });
        Assert.Equal(new QueueDeclaration(true, new QueueDefinition(Name, 4, AllOptions)), declared);

        await Call(Queue.DeclareAsync(), Opcode.QueueDeclare, body =>
        {
            Assert.True(QueueDeclareRequest.TryRead(body, out QueueDeclareRequest request));
            Assert.False(request.Options.TryTake(out _, out _, out _));
        }, buffer => QueueDeclareReply.WriteStart(buffer, created: false, revision: 1));
    }

    [Fact]
    public async Task Update_and_describe()
    {
        QueueDefinition definition = await Call(
            Queue.UpdateAsync(new QueueOptions { DeliveriesMax = 0, DeadLetterQueue = string.Empty }, 9),
            Opcode.QueueUpdate,
            body =>
            {
                Assert.True(QueueUpdateRequest.TryRead(body, out QueueUpdateRequest request));
                Assert.Equal((9ul, Name), (request.Revision, request.Name.Text()));
                Assert.True(request.Options.TryTake(out QueueOptionTag tag, out ulong number, out _));
                Assert.Equal((QueueOptionTag.DeliveriesMax, 0ul), (tag, number));
                Assert.True(request.Options.TryTake(out tag, out _, out ReadOnlySpan<byte> text));
                Assert.Equal((QueueOptionTag.DeadLetterQueue, 0), (tag, text.Length));
                Assert.False(request.Options.TryTake(out _, out _, out _));
            },
            buffer =>
            {
                QueueDefinitionReply.WriteStart(buffer, 10);
                QueueOptionFields.Write(buffer, QueueOptionTag.MessageTtlMs, ulong.MaxValue);
                QueueOptionFields.Write(buffer, (QueueOptionTag)77, "of a later version"u8);
            });
        Assert.Equal(
            new QueueDefinition(Name, 10, new QueueOptions { MessageTtl = TimeSpan.MaxValue }), definition);
        definition = await Call(
            Queue.DescribeAsync(), Opcode.QueueDescribe, NameIs(Name), buffer => QueueDefinitionReply.WriteStart(buffer, 3));
        Assert.Equal(new QueueDefinition(Name, 3, new QueueOptions()), definition);
    }

    [Fact]
    public async Task Pause_resume_purge_delete_and_stats()
    {
        await Run(Queue.PauseAsync(), Opcode.QueuePause, FlowIs(QueueFlow.Pushes | QueueFlow.Deliveries));
        await Run(Queue.PauseAsync(QueueFlow.Pushes), Opcode.QueuePause, FlowIs(QueueFlow.Pushes));
        await Run(Queue.ResumeAsync(QueueFlow.Deliveries), Opcode.QueueResume, FlowIs(QueueFlow.Deliveries));
        Assert.Equal(5, await Call(Queue.PurgeAsync(), Opcode.QueuePurge, PartsAre(PurgeParts.Ready | PurgeParts.Delayed), Bodies.Count(5)));
        Assert.Equal(6, await Call(Queue.DeadLetters.PurgeAsync(), Opcode.QueuePurge, PartsAre(PurgeParts.Dead), Bodies.Count(6)));
        long removed = await Call(Queue.DeleteAsync(QueueDeleteConditions.IfUnused), Opcode.QueueDelete, body =>
        {
            Assert.True(QueueDeleteRequest.TryRead(body, out QueueDeleteRequest request));
            Assert.Equal((QueueDeleteConditions.IfUnused, Name), (request.Conditions, request.Name.Text()));
        }, Bodies.Count(7));
        Assert.Equal(7, removed);
        QueueStats stats = await Call(Queue.StatsAsync(), Opcode.QueueStats, NameIs(Name), buffer =>
        {
            QueueStatsReply.WriteStart(buffer, 4);
            QueueStatsReply.WriteItem(buffer, QueueStat.Ready, 3);
            QueueStatsReply.WriteItem(buffer, QueueStat.AckedPerSecondMilli, 1_500);
            QueueStatsReply.WriteItem(buffer, QueueStat.OldestAgeMs, 2_000);
            QueueStatsReply.WriteItem(buffer, (QueueStat)9_999, 1);
        });
        Assert.Equal(
            new QueueStats { Ready = 3, AckedPerSecond = 1.5, OldestAge = TimeSpan.FromSeconds(2) }, stats);
    }

    [Fact]
    public async Task The_list_of_queues_goes_page_after_page()
    {
        IAsyncEnumerator<QueueSummary> queues = Client.Queues.ListAsync("e").GetAsyncEnumerator();
        Task<bool> moving = queues.MoveNextAsync().AsTask();
        await ListAsync(string.Empty, "next", "emails");
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal(new QueueSummary("emails", QueueFlow.Pushes, 1, 2, 3, 4), queues.Current);
        moving = queues.MoveNextAsync().AsTask();
        await ListAsync("next", string.Empty, "events");
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal("events", queues.Current.Name);
        Assert.False(await queues.MoveNextAsync());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client.Queues.ListPageAsync("e", limit: 0).AsTask());
    }

    [Fact]
    public async Task Peek_shows_what_there_is_to_know_of_messages()
    {
        IAsyncEnumerator<QueuedMessage<string>> messages = Queue.PeekAsync(PeekWhich.Delayed).GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueuePeek);
        Assert.True(QueuePeekRequest.TryRead(frame.Body, out QueuePeekRequest request));
        Assert.Equal(
            (PeekWhich.Delayed, 100u, 0, Name), (request.Which, request.Limit, request.Cursor.Length, request.Queue.Text()));
        await Peer.ReplyAsync(frame, Page("c", new KeptMessage
        {
            MessageId = 5,
            EnqueuedAt = 1_700_000_000_000,
            Attempts = 4,
            Failures = 2,
            Priority = 3,
            Parts = KeptParts.Group | KeptParts.VisibleAt | KeptParts.ExpiresAt,
            Group = "g"u8,
            VisibleAt = 1_700_000_001_000,
            ExpiresAt = long.MaxValue,
            Body = "hello"u8,
        }));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        QueuedMessage<string> message = messages.Current;
        Assert.Equal((5ul, 4L, 2L, 3, "g"), (message.MessageId, message.Attempts, message.Failures, message.Priority, message.Group.ToString()));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_001_000), message.VisibleAt);
        Assert.Equal(9_999, message.ExpiresAt!.Value.Year);
        Assert.Equal(("hello", true), (message.Body, message.Headers.IsEmpty));
        moving = messages.MoveNextAsync().AsTask();
        frame = await Peer.ReadAsync(Opcode.QueuePeek);
        Assert.True(QueuePeekRequest.TryRead(frame.Body, out request));
        Assert.Equal("c", request.Cursor.Text());
        await Peer.ReplyAsync(frame, buffer => KeptMessagePage.WriteStart(buffer, default, 0));
        Assert.False(await moving.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task Dead_letters_are_listed_counted_redriven_and_deleted_by_a_filter()
    {
        var filter = new DeadLetterFilter
        {
            MessageIds = [1, 2],
            Source = "from",
            Cause = DeadCause.Rejected,
            ReasonContains = "bad",
            DiedFrom = DateTimeOffset.FromUnixTimeMilliseconds(10),
            DiedTo = DateTimeOffset.FromUnixTimeMilliseconds(20),
            AttemptsMin = 3,
        };
        QueueDeadLetters<string> dead = Queue.DeadLetters;
        NexoPage<QueueDeadLetter<string>> page = await Call(dead.ListPageAsync(filter, "c"u8.ToArray(), 10), Opcode.QueueDeadList, body =>
        {
            Assert.True(QueueDeadListRequest.TryRead(body, out QueueDeadListRequest request));
            Assert.Equal((10u, "c", Name), (request.Limit, request.Cursor.Text(), request.Queue.Text()));
            AssertFilter(request.Filter);
        }, Page(string.Empty, new KeptMessage
        {
            MessageId = 1,
            Parts = KeptParts.Dead,
            DiedAt = 15,
            Cause = DeadCause.Rejected,
            Source = "from"u8,
            Reason = "very bad"u8,
            Body = "x"u8,
        }));
        Assert.True(page.IsLast);
        QueueDeadLetter<string> letter = Assert.Single(page.Items);
        Assert.Equal(
            (1ul, DeadCause.Rejected, "from", "very bad", "x", 15L),
            (letter.MessageId, letter.Cause, letter.Source, letter.Reason, letter.Body, letter.DiedAt.ToUnixTimeMilliseconds()));

        Assert.Equal(3, await Call(dead.CountAsync(filter), Opcode.QueueDeadCount, Selects, Bodies.Count(3)));
        Assert.Equal(2, await Call(dead.DeleteAsync(filter), Opcode.QueueDeadDelete, Selects, Bodies.Count(2)));
        Assert.Equal(4, await Call(dead.RedriveAsync(filter, "to", 50, 7), Opcode.QueueDeadRedrive, body =>
        {
            Assert.True(QueueDeadRedriveRequest.TryRead(body, out QueueDeadRedriveRequest request));
            Assert.Equal(
                (50u, 7ul, Name, "to"), (request.PerSecondMax, request.MessagesMax, request.Queue.Text(), request.Target.Text()));
            AssertFilter(request.Filter);
        }, Bodies.Count(4)));
        await Call(dead.RedriveAsync(), Opcode.QueueDeadRedrive, body =>
        {
            Assert.True(QueueDeadRedriveRequest.TryRead(body, out QueueDeadRedriveRequest request));
            Assert.Equal((0u, 0ul, 0, 0), (request.PerSecondMax, request.MessagesMax, request.Target.Length, request.Filter.IdCount));
        }, Bodies.Count(0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => dead.RedriveAsync(perSecond: 0).AsTask());

        static void Selects(byte[] body)
        {
            Assert.True(QueueDeadSelectRequest.TryRead(body, out QueueDeadSelectRequest request));
            Assert.Equal(Name, request.Queue.Text());
            AssertFilter(request.Filter);
        }
    }

    [Fact]
    public async Task Schedules_are_set_described_listed_and_deleted()
    {
        var options = new ScheduleOptions
        {
            TimeZone = "Europe/Berlin",
            CatchUp = CatchUpKind.None,
            Priority = 2,
            Ttl = TimeSpan.FromMinutes(1),
            Group = "g",
            Headers = [new("kind", "nightly")],
            Disabled = true,
        };
        Task<ScheduleSetResult> setting = Client.Schedules.SetAsync("nightly", "0 3 * * *", Name, "go", options).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.ScheduleSet);
        Assert.True(ScheduleSetRequest.TryRead(frame.Body, out ScheduleSetRequest request));
        Assert.Equal(
            ("nightly", "0 3 * * *", "Europe/Berlin", Name, "go", "g"),
            (request.Message.Name.Text(), request.Message.Cron.Text(), request.Message.TimeZone.Text(),
                request.Message.Queue.Text(), request.Body.Text(), request.Message.Group.Text()));
        Assert.Equal(
            (CatchUpKind.None, 2, 60_000L, true),
            (request.Message.CatchUp, request.Message.Priority, request.Message.TtlMs, request.Message.IsDisabled));
        await Peer.ReplyAsync(frame, buffer => new ScheduleSetReply(true, 1_700_000_000_000).Write(buffer));
        Assert.Equal(
            new ScheduleSetResult(true, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000)),
            await setting.WaitAsync(Patience.Limit));

        Task<Schedule<string>?> describing = Client.Schedules.DescribeAsync<string>("nightly").AsTask();
        ReceivedFrame describe = await Peer.ReadAsync(Opcode.ScheduleDescribe);
        Assert.Equal("nightly", describe.Body.Text());
        await Peer.SendAsync(buffer =>
        {
            Assert.True(ScheduleSetRequest.TryRead(frame.Body, out ScheduleSetRequest set));
            buffer.Begin(describe.Opcode, FrameKind.Reply, describe.Correlation, FrameFlags.Headers);
            HeaderBlock.WriteBlock(buffer, frame.HeaderBlock);
            new ScheduleDescribeReply { Message = set.Message, NextAt = 5, Runs = 3, Failed = 2, Missed = 1, LastError = ErrorCode.QueueFull, Body = set.Body }
                .Write(buffer);
            buffer.End();
        });
        Schedule<string> schedule = (await describing.WaitAsync(Patience.Limit))!;
        Assert.Equal(
            new ScheduleSummary("nightly", "0 3 * * *", "Europe/Berlin", Name, null, DateTimeOffset.FromUnixTimeMilliseconds(5), true),
            schedule.Summary);
        Assert.Equal(options.Headers, schedule.Options.Headers);
        Assert.Equal(options with { Headers = null }, schedule.Options with { Headers = null });
        Assert.Equal(("go", new ScheduleRuns(3, 2, 1, ErrorCode.QueueFull)), (schedule.Body, schedule.Runs));

        describing = Client.Schedules.DescribeAsync<string>("none").AsTask();
        await Peer.FailAsync(await Peer.ReadAsync(Opcode.ScheduleDescribe), ErrorCode.ScheduleNotFound);
        Assert.Null(await describing.WaitAsync(Patience.Limit));
        Assert.True(await Call(Client.Schedules.DeleteAsync("nightly"), Opcode.ScheduleDelete, NameIs("nightly"), Bodies.Count(1)));

        IAsyncEnumerator<ScheduleSummary> list = Client.Schedules.ListAsync().GetAsyncEnumerator();
        Task<bool> moving = list.MoveNextAsync().AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.ScheduleList), buffer =>
        {
            ScheduleListReply.WriteStart(buffer, default, 1);
            new ScheduleListItem { Name = "nightly"u8, Cron = "@hourly"u8, Queue = "q"u8, LastAt = 7 }.Write(buffer);
        });
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal(
            new ScheduleSummary("nightly", "@hourly", string.Empty, "q", DateTimeOffset.FromUnixTimeMilliseconds(7), null, false),
            list.Current);
    }

    private static void AssertFilter(DeadFilter filter)
    {
        Assert.Equal((2, "from", "bad"), (filter.IdCount, filter.Source.Text(), filter.ReasonText.Text()));
        Assert.Equal(
            (DeadCause.Rejected, 10L, 20L, 3u), (filter.Cause, filter.DiedFrom, filter.DiedTo, filter.AttemptsMin));
        Assert.True(filter.TryTakeId(out ulong first));
        Assert.True(filter.TryTakeId(out ulong second));
        Assert.Equal((1ul, 2ul), (first, second));
    }

    private static Action<FrameBuffer> Page(string cursor, KeptMessage message)
    {
        using var buffer = new FrameBuffer();
        KeptMessagePage.WriteStart(buffer, Encoding.UTF8.GetBytes(cursor), 1);
        message.Write(buffer);
        byte[] bytes = buffer.Written.ToArray();
        return answer => answer.Write(bytes);
    }

    private static void CopyOptions(QueueOptionFields options, FrameBuffer buffer)
    {
        while (options.TryTake(out QueueOptionTag tag, out ulong number, out ReadOnlySpan<byte> text))
        {
            if (tag == QueueOptionTag.DeadLetterQueue)
            {
                QueueOptionFields.Write(buffer, tag, text);
            }
            else
            {
                QueueOptionFields.Write(buffer, tag, number);
            }
        }
    }

    private static Action<byte[]> FlowIs(QueueFlow flow) => body =>
    {
        Assert.True(QueuePauseRequest.TryRead(body, out QueuePauseRequest request));
        Assert.Equal((flow, Name), (request.Flow, request.Name.Text()));
    };

    private static Action<byte[]> PartsAre(PurgeParts parts) => body =>
    {
        Assert.True(QueuePurgeRequest.TryRead(body, out QueuePurgeRequest request));
        Assert.Equal((parts, Name), (request.Parts, request.Name.Text()));
    };

    private async Task Run(ValueTask call, Opcode opcode, Action<byte[]> check)
    {
        Task running = call.AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(opcode);
        check(frame.Body);
        await Peer.ReplyAsync(frame);
        await running.WaitAsync(Patience.Limit);
    }

    private async Task ListAsync(string cursor, string next, string name)
    {
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueueList);
        Assert.True(ScanRequest.TryRead(frame.Body, out ScanRequest request));
        Assert.Equal(("e", cursor, 1_000u), (request.Prefix.Text(), request.Cursor.Text(), request.Limit));
        await Peer.ReplyAsync(frame, buffer =>
        {
            QueueListReply.WriteStart(buffer, Encoding.UTF8.GetBytes(next), 1);
            new QueueListItem
            {
                Paused = QueueFlow.Pushes,
                Ready = 1,
                Leased = 2,
                Delayed = 3,
                Dead = 4,
                Name = Encoding.UTF8.GetBytes(name),
            }.Write(buffer);
        });
    }
}
