using Nexo.Engine.Queues;
using Nexo.Protocol;
using Nexo.Server.Native;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>Connections that have no room for more, over pipes that take nothing until they are read.</summary>
public sealed class QueueRoomTests
{
    private const uint Subscription = 7;

    [Fact]
    public async Task A_consumer_without_room_goes_on_though_its_last_flush_ended_while_it_was_looked_at()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        await producer.DeclareAsync("jobs");
        var pipes = new LoosePipes();
        var connection = new NativeConnection(pipes.Context, server.Native);
        var subscription = new QueueSubscription(connection, Subscription, credits: 10);
        Assert.Equal(
            QueueStatus.Ok,
            subscription.Open(server.Native.Queues, QueuePeer.Bytes("jobs"), new QueueConsumerOptions()));
        subscription.Start();
        await producer.PushAsync("jobs", "first");
        await pipes.ReadUntilAsync(Subscription, "first");

        // The dispatch has seen bytes here; before it goes on, the flush that had them posts them and ends.
        using var posted = new FrameBuffer();
        posted.Begin(Opcode.Ping, FrameKind.Notice, correlation: 0);
        posted.Write(new byte[400_000]);
        posted.End();
        connection.Post(posted);
        Assert.True(subscription.IsCongestedAt(100_000));

        await producer.PushAsync("jobs", "second");
        await pipes.ReadUntilAsync(Subscription, "second");
        connection.Consumers.Close();
    }

    [Fact]
    public async Task What_a_client_asks_for_that_does_not_read_begins_and_reaches_the_others_at_once()
    {
        await using TestServer server = await StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        LoosePipes slow = await ConnectAsync(server, producer);
        await producer.DeclareAsync("idle");
        await other.ConsumeAsync(8, "jobs", credits: 1);
        await Poll.UntilAsync(() => server.Native.Queues.Totals.Consumers == 2);
        await FillAsync(server, producer);

        await slow.SendAsync(buffer =>
        {
            QueuePeer.Push(buffer, 2, "jobs", "job");
            Pull(buffer, 9, "idle");
        });

        // A pull that waits counts as a consumer.
        await Poll.UntilAsync(() => server.Native.Queues.Totals.Consumers == 3);
        Assert.Equal("job", (await other.ReadDeliveriesAsync(1)).Single().Body);
        await slow.CloseAsync();
    }

    [Fact]
    public async Task A_waiting_pull_of_a_client_that_does_not_read_leaves_the_messages_to_others_until_it_reads()
    {
        await using TestServer server = await StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        LoosePipes slow = await ConnectAsync(server, producer);
        await slow.SendAsync(buffer => Pull(buffer, 9, "jobs"));
        await Poll.UntilAsync(() => server.Native.Queues.Totals.Consumers == 2);
        await other.BeginPullAsync(9, "jobs", waitMs: 3_600_000);
        await Poll.UntilAsync(() => server.Native.Queues.Totals.Consumers == 3);
        await FillAsync(server, producer);

        await producer.PushAsync("jobs", "one");
        Assert.Equal("one", QueuePeer.Deliveries(await other.ReadAsync()).Single().Body);

        await producer.PushAsync("jobs", "two");
        await slow.ReadUntilAsync(9, "two");
        await slow.CloseAsync();
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(options => options with
    {
        Connections = options.Connections with { ReplyBytesMax = 64 * 1_024, SendStallMs = 3_600_000 },
    });

    /// <summary>A client with a subscription that messages flow to, as long as it reads.</summary>
    private static async Task<LoosePipes> ConnectAsync(TestServer server, RawPeer producer)
    {
        await producer.DeclareAsync("jobs", (QueueOptionTag.LeaseMs, 3_600_000));
        await producer.DeclareAsync("large", (QueueOptionTag.LeaseMs, 3_600_000));
        var pipes = new LoosePipes();
        _ = new NativeConnectionHandler(server.Native).OnConnectedAsync(pipes.Context);
        await pipes.GreetAsync();
        await pipes.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.QueueConsume, FrameKind.Request, Subscription);
            QueuePeer.Consume(buffer, "large", credits: 1_000);
            buffer.End();
        });
        await producer.PushAsync("large", "first");
        await pipes.ReadUntilAsync(Subscription, "first");
        return pipes;
    }

    /// <summary>Pushes more than its connection takes.</summary>
    private static async Task FillAsync(TestServer server, RawPeer producer)
    {
        await producer.PushAllAsync("large", [.. Enumerable.Repeat(new string('x', 20_000), 40)]);
        Assert.InRange(server.Native.Queues.Totals.Ready, 1, 40);
    }

    private static void Pull(FrameBuffer buffer, uint correlation, string queue)
    {
        buffer.Begin(Opcode.QueuePull, FrameKind.Request, correlation);
        new QueuePullRequest { Queue = QueuePeer.Bytes(queue), WaitMs = 3_600_000, MessagesMax = 1 }.Write(buffer);
        buffer.End();
    }
}
