using Nexo.Protocol;
using Nexo.Server.Native;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>Pulls: what is there, and waits that end in one of several ways.</summary>
public sealed class QueuePullTests
{
    private const uint Long = 60_000;

    [Fact]
    public async Task A_pull_takes_what_is_there_and_no_more_than_it_asks_for()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAllAsync("jobs", "a", "b", "c");
        await peer.BeginPullAsync(7, "jobs", waitMs: 0, messagesMax: 2);
        List<Delivery> first = QueuePeer.Deliveries(await peer.ReadAsync());
        await peer.BeginPullAsync(8, "jobs", waitMs: Long);
        List<Delivery> second = QueuePeer.Deliveries(await peer.ReadAsync());
        await peer.BeginPullAsync(9, "jobs", waitMs: 0);

        Assert.Equal(["a", "b"], first.Select(delivery => delivery.Body));
        Assert.Equal("c", second.Single().Body);
        Assert.Empty(QueuePeer.Deliveries(await peer.ReadAsync()));
        Assert.Equal([ErrorCode.None, ErrorCode.None], await peer.AckAsync("jobs", first));
    }

    [Fact]
    public async Task A_pull_that_waits_holds_up_nothing_and_is_answered_when_a_message_comes()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer puller = await RawPeer.GreetAsync(server);
        using RawPeer producer = await RawPeer.GreetAsync(server);
        await puller.BeginPullAsync(7, "jobs", Long);
        Assert.Equal(FrameKind.Reply, (await puller.AskAsync(Opcode.Ping, 8, _ => { })).Header.Kind);

        await producer.PushAllAsync("jobs", "a");

        Frame answer = await puller.ReadAsync();
        Assert.Equal((7u, "a"), (answer.Header.Correlation, QueuePeer.Deliveries(answer).Single().Body));
    }

    [Fact]
    public async Task A_pull_is_answered_with_nothing_when_its_time_is_up()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer puller = await RawPeer.GreetAsync(server);
        await puller.BeginPullAsync(7, "jobs", waitMs: 20);

        Assert.Empty(QueuePeer.Deliveries(await puller.ReadAsync()));
    }

    [Fact]
    public async Task A_pull_that_is_cancelled_takes_nothing_and_the_next_one_in_turn_gets_the_message()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer first = await RawPeer.GreetAsync(server);
        using RawPeer second = await RawPeer.GreetAsync(server);
        await first.BeginPullAsync(7, "jobs", Long);
        await first.AskAsync(Opcode.Ping, 8, _ => { });
        await second.BeginPullAsync(9, "jobs", Long);
        await second.AskAsync(Opcode.Ping, 10, _ => { });
        await first.NoticeAsync(Opcode.Cancel, 7);
        Assert.Equal(ErrorCode.Cancelled, (await first.ReadAsync()).Code);

        await first.PushAllAsync("jobs", "a");

        Assert.Equal("a", QueuePeer.Deliveries(await second.ReadAsync()).Single().Body);
    }

    [Fact]
    public async Task Each_of_many_pulls_that_wait_gets_one_message_however_they_are_cancelled_and_pushed_to()
    {
        const int Pulls = 200;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer puller = await RawPeer.GreetAsync(server);
        using RawPeer producer = await RawPeer.GreetAsync(server);
        for (uint i = 0; i < Pulls; i++)
        {
            await puller.BeginPullAsync(i, "jobs", Long, messagesMax: 1);
        }

        await producer.SendAsync(buffer =>
        {
            for (uint i = 0; i < Pulls / 2; i++)
            {
                QueuePeer.Push(buffer, i, "jobs", $"{i}");
            }
        });
        for (uint i = 0; i < Pulls; i += 2)
        {
            await puller.NoticeAsync(Opcode.Cancel, i);
        }

        int cancelled = 0;
        List<Delivery> came = [];
        while (came.Count < Pulls / 2)
        {
            Frame frame = await puller.ReadAsync();
            if (frame.Header.Kind == FrameKind.Error)
            {
                Assert.Equal(ErrorCode.Cancelled, frame.Code);
                cancelled++;
            }
            else
            {
                came.AddRange(QueuePeer.Deliveries(frame));
            }
        }

        Assert.Equal(Pulls / 2, came.Select(delivery => delivery.Id).Distinct().Count());
        Assert.InRange(cancelled, 0, Pulls / 2);
        Assert.Equal((0L, (long)came.Count), (server.Native.Queues.Totals.Ready, server.Native.Queues.Totals.Leased));
    }

    [Fact]
    public async Task What_was_pulled_comes_back_when_the_connection_ends_and_a_wait_with_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        RawPeer lost = await RawPeer.GreetAsync(server);
        await producer.PushAllAsync("jobs", "a");
        await lost.BeginPullAsync(7, "jobs", Long);
        await lost.ReadAsync();
        await lost.BeginPullAsync(8, "jobs", Long);
        await lost.AskAsync(Opcode.Ping, 9, _ => { });
        lost.Dispose();
        await Poll.UntilAsync(() => server.Native.Queues.Totals is { Ready: 1, Leased: 0, Consumers: 0 });

        await producer.BeginPullAsync(7, "jobs", waitMs: 0);
        Assert.Equal(2u, QueuePeer.Deliveries(await producer.ReadAsync()).Single().Attempt);
    }

    [Fact]
    public async Task A_pull_that_waits_learns_that_its_queue_was_deleted_and_the_next_one_makes_it_anew()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer puller = await RawPeer.GreetAsync(server);
        using RawPeer admin = await RawPeer.GreetAsync(server);
        await puller.BeginPullAsync(7, "jobs", Long);
        await puller.AskAsync(Opcode.Ping, 8, _ => { });
        await admin.AskAsync(Opcode.QueueDelete, 5, buffer => new QueueDeleteRequest { Name = "jobs"u8 }.Write(buffer));
        Assert.Equal(ErrorCode.QueueNotFound, (await puller.ReadAsync()).Code);

        await puller.BeginPullAsync(7, "jobs", Long);
        await admin.PushAllAsync("jobs", "a");
        Assert.Equal("a", QueuePeer.Deliveries(await puller.ReadAsync()).Single().Body);
    }

    [Fact]
    public async Task A_pull_of_few_bytes_gets_one_message_at_least()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAllAsync("jobs", new string('a', 1_000), new string('b', 1_000), new string('c', 1_000));
        foreach ((uint bytesMax, int expected) in ((uint, int)[])[(1, 1), (2_500, 2)])
        {
            Frame frame = await peer.AskAsync(Opcode.QueuePull, 7, buffer => new QueuePullRequest
            {
                Queue = "jobs"u8,
                MessagesMax = 10,
                BytesMax = bytesMax,
            }.Write(buffer));
            Assert.Equal(expected, QueuePeer.Deliveries(frame).Count);
        }
    }

    [Fact]
    public async Task A_connection_may_pull_from_many_queues()
    {
        const int Queues = 100;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        for (int round = 0; round < 3; round++)
        {
            for (uint i = 0; i < Queues; i++)
            {
                await peer.PushAsync($"jobs-{i}", $"{round}");
                await peer.BeginPullAsync(7, $"jobs-{i}", waitMs: 0);
                Delivery delivery = QueuePeer.Deliveries(await peer.ReadAsync()).Single();
                Assert.Equal($"{round}", delivery.Body);
                Assert.Equal([ErrorCode.None], await peer.AckAsync($"jobs-{i}", delivery));
            }
        }

        var connection = (NativeConnection)server.Native.Clients.All.Single();
        Assert.InRange(connection.Consumers.PullerCount, 1, Queues / 2);
        Assert.Equal(0, server.Native.Queues.Totals.Consumers);
    }
}
