using Nexo.Protocol;
using Nexo.Server.Native;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>Schedules over the wire, on a server that keeps nothing.</summary>
public sealed class ScheduleTests
{
    [Fact]
    public async Task A_schedule_pushes_its_message_when_it_is_due_and_says_for_which_moment()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await consumer.ConsumeAsync(7, "jobs", credits: 100);
        long before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Frame answer = await peer.SetScheduleAsync(
            new ScheduledMessage
            {
                Name = "tick"u8,
                Cron = "@every 1s"u8,
                Queue = "jobs"u8,
                Priority = 3,
                Parts = ScheduleParts.Ttl | ScheduleParts.Group,
                TtlMs = 60_000,
                Group = "g"u8,
            },
            "body",
            new KeyValuePair<string, string>(HeaderBlock.TraceParent, "00-a-b-01"));
        ScheduleSetReply set = SchedulePeer.Set(answer);
        Assert.True(set.Created);
        Assert.InRange(set.NextAt, before + 1_000, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1_000);

        Delivery first = (await consumer.ReadDeliveriesAsync(1)).Single();
        Assert.Equal([ErrorCode.None], await consumer.AckAsync("jobs", first));
        Delivery second = (await consumer.ReadDeliveriesAsync(1)).Single();

        Assert.Equal(("body", "g", 3), (first.Body, first.Group, first.Priority));
        Dictionary<string, string> headers = SchedulePeer.HeadersOf(first);
        Assert.Equal(("00-a-b-01", "tick"), (headers[HeaderBlock.TraceParent], headers["nexo-schedule"]));
        Assert.Equal($"{set.NextAt}", headers["nexo-due-at"]);
        long dueAt = long.Parse(SchedulePeer.HeadersOf(second)["nexo-due-at"]);
        Assert.Equal(0, (dueAt - set.NextAt) % 1_000);
        Described described = await peer.DescribeScheduleAsync("tick");
        Assert.True(described.Runs >= 2 && described.LastAt >= dueAt && described.NextAt > described.LastAt, $"{described}");
    }

    [Fact]
    public async Task What_was_set_is_described_and_listed_until_it_is_deleted()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        var message = new ScheduledMessage
        {
            CatchUp = CatchUpKind.None,
            Parts = ScheduleParts.Ttl | ScheduleParts.Group,
            Priority = 9,
            Flags = ScheduleFlags.Disabled,
            Name = "report:daily"u8,
            Cron = "30 9 * * MON-FRI"u8,
            TimeZone = "Europe/Prague"u8,
            Queue = "reports"u8,
            TtlMs = 5,
            Group = "group"u8,
        };
        Assert.Equal(new ScheduleSetReply(true, 0), SchedulePeer.Set(await peer.SetScheduleAsync(message, "{}")));
        Assert.Equal(
            new Described(
                "report:daily", "30 9 * * MON-FRI", "Europe/Prague", "reports", "{}", "group", 5, 9, CatchUpKind.None,
                true, 0, 0, 0, 0, 0, ErrorCode.None),
            await peer.DescribeScheduleAsync("report:daily"));

        SchedulePeer.Set(await peer.SetScheduleAsync("report:weekly", "@weekly"));
        SchedulePeer.Set(await peer.SetScheduleAsync("other", "@hourly"));
        Assert.Equal(("report:daily(off) report:weekly", ""), await peer.ListSchedulesAsync("report:", 100));
        Assert.Equal(("other", "other"), await peer.ListSchedulesAsync("", 1));
        Assert.Equal(("report:daily(off)", "report:daily"), await peer.ListSchedulesAsync("", 1, "other"));
        Assert.Equal(("", ""), await peer.ListSchedulesAsync("none", 1));
        Assert.False(SchedulePeer.Set(await peer.SetScheduleAsync("other", "@daily")).Created);

        Assert.Equal(1, await peer.DeleteScheduleAsync("other"));
        Assert.Equal(0, await peer.DeleteScheduleAsync("other"));
        Frame gone = await peer.AskAsync(Opcode.ScheduleDescribe, 6, buffer => buffer.WriteUtf8("other"));
        Assert.Equal(ErrorCode.ScheduleNotFound, gone.Code);
    }

    [Theory]
    [InlineData("", "@daily", "q", "", ErrorCode.NameInvalid, "name: 1 to 200 bytes")]
    [InlineData("a\u0007", "@daily", "q", "", ErrorCode.NameInvalid, "name: 1 to 200 bytes")]
    [InlineData("a", "@daily", "", "", ErrorCode.NameInvalid, "queue: a name has 1 to 255 bytes")]
    [InlineData("a", "* * * 13 *", "q", "", ErrorCode.ScheduleInvalid, "Months: Value must be a number between 1 and 12")]
    [InlineData("a", "@every 1ms", "q", "", ErrorCode.ScheduleInvalid, "from 1s to 366d")]
    [InlineData("a", "0 0 30 2 *", "q", "", ErrorCode.ScheduleInvalid, "never comes due")]
    [InlineData("a", "@daily", "q", "Mars/Base", ErrorCode.ScheduleInvalid, "time zone \"Mars/Base\"")]
    public async Task What_is_wrong_is_refused_with_the_field_and_what_it_may_be(
        string name, string cron, string queue, string zone, ErrorCode code, string message)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);

        Frame frame = await peer.SetScheduleAsync(name, cron, queue, zone);

        Assert.Equal((FrameKind.Error, code), (frame.Header.Kind, frame.Code));
        Assert.Contains(message, frame.Message, StringComparison.Ordinal);
        Assert.Equal(("", ""), await peer.ListSchedulesAsync("", 10));
    }

    [Fact]
    public async Task Parts_that_say_nothing_and_bodies_that_are_too_large_are_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        var ttl = new ScheduledMessage { Name = "a"u8, Cron = "@daily"u8, Queue = "q"u8, Parts = ScheduleParts.Ttl };
        Assert.Equal(ErrorCode.InvalidArgument, (await peer.SetScheduleAsync(ttl, "")).Code);
        var group = new ScheduledMessage { Name = "a"u8, Cron = "@daily"u8, Queue = "q"u8, Parts = ScheduleParts.Group };
        Assert.Equal(ErrorCode.InvalidArgument, (await peer.SetScheduleAsync(group, "")).Code);
        Frame large = await peer.SetScheduleAsync("a", "@daily", body: new string('x', (256 * 1_024) + 1));
        Assert.Equal(ErrorCode.ValueTooLarge, large.Code);
        Frame page = await peer.AskAsync(
            Opcode.ScheduleList, 7, buffer => new ScanRequest { Limit = 0 }.Write(buffer));
        Assert.Equal(ErrorCode.InvalidArgument, page.Code);
        foreach (Opcode opcode in (Opcode[])[Opcode.ScheduleSet, Opcode.ScheduleList])
        {
            Assert.Equal(ErrorCode.Malformed, (await peer.AskAsync(opcode, 9, buffer => buffer.WriteByte(1))).Code);
        }
    }

    [Fact]
    public async Task A_run_that_a_paused_queue_refuses_counts_as_failed_and_the_schedule_goes_on()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.DeclareAsync("jobs");
        await peer.AskAsync(Opcode.QueuePause, 3, buffer => Pause(buffer, "jobs"));
        SchedulePeer.Set(await peer.SetScheduleAsync("tick", "@every 1s"));

        await Poll.UntilAsync(() => server.Native.ScheduleTicker.Schedules.Stats.Failed > 0);
        Described failed = await peer.DescribeScheduleAsync("tick");
        Assert.Equal((ErrorCode.QueuePaused, true), (failed.LastError, failed.Failed >= 1));

        await peer.AskAsync(Opcode.QueueResume, 3, buffer => Pause(buffer, "jobs"));
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await consumer.ConsumeAsync(7, "jobs", credits: 1);
        Assert.Equal("body", (await consumer.ReadDeliveriesAsync(1)).Single().Body);
        Assert.Equal(ErrorCode.None, (await peer.DescribeScheduleAsync("tick")).LastError);
        Assert.Contains(
            ServerFacts.Gather(server.Native), fact => fact is { Key: "schedules.failed", Value: not "0" });
    }

    private static void Pause(FrameBuffer buffer, string queue) =>
        new QueuePauseRequest { Flow = QueueFlow.Pushes, Name = QueuePeer.Bytes(queue) }.Write(buffer);
}
