using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>Consumers that are slow, or many.</summary>
[Collection(nameof(MemoryTests))]
public sealed class QueueLoadTests
{
    // However slow the machine is: nobody is cut, and no lease ends, but where that is what is looked at.
    private const ulong LeaseMs = 3_600_000;

    [Fact]
    public async Task A_consumer_that_never_reads_is_bounded_and_the_others_get_the_messages()
    {
        const int Messages = 3_000;
        await using TestServer server = await StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        RawPeer stuck = await RawPeer.GreetAsync(server);
        await producer.DeclareAsync("jobs", (QueueOptionTag.LeaseMs, LeaseMs));
        await stuck.ConsumeAsync(7, "jobs", credits: CreditNotice.CreditsMax);
        string body = new('x', 20_000);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Messages / 10; i++)
        {
            await producer.PushAllAsync("jobs", [.. Enumerable.Repeat(body, 10)]);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16L * 1_024 * 1_024);
        long taken = server.Native.Queues.Totals.Leased;
        Assert.InRange(taken, 1, Messages - 1);

        using RawPeer other = await RawPeer.GreetAsync(server);
        await other.ConsumeAsync(7, "jobs", credits: CreditNotice.CreditsMax);
        await other.ReadDeliveriesAsync(Messages - (int)taken);
        stuck.Dispose();
        await other.ReadDeliveriesAsync((int)taken);
    }

    [Fact]
    public async Task A_consumer_that_stopped_reading_goes_on_where_it_was_when_it_reads_again()
    {
        const int Messages = 2_000;
        await using TestServer server = await StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await producer.DeclareAsync("jobs", (QueueOptionTag.LeaseMs, LeaseMs));
        await consumer.ConsumeAsync(7, "jobs", credits: CreditNotice.CreditsMax);
        string body = new('x', 10_000);
        for (int i = 0; i < Messages / 10; i++)
        {
            await producer.PushAllAsync("jobs", [.. Enumerable.Repeat(body, 10)]);
        }

        Assert.InRange(server.Native.Queues.Totals.Ready, 1, Messages);
        List<Delivery> all = await consumer.ReadDeliveriesAsync(Messages);
        Assert.Equal(Enumerable.Range(1, Messages).Select(id => (ulong)id), all.Select(delivery => delivery.Id));
    }

    [Fact]
    public async Task Subscriptions_that_share_a_connection_all_go_on_after_it_was_congested()
    {
        const int Queues = 8;
        const int Messages = 200;
        await using TestServer server = await StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        for (uint i = 0; i < Queues; i++)
        {
            await producer.DeclareAsync($"jobs-{i}", (QueueOptionTag.LeaseMs, LeaseMs));
            await consumer.ConsumeAsync(i, $"jobs-{i}", credits: 50, ConsumeOptions.SettlingGivesCredit);
        }

        string body = new('x', 20_000);
        for (int i = 0; i < Queues; i++)
        {
            await producer.PushAllAsync($"jobs-{i}", [.. Enumerable.Repeat(body, Messages)]);
        }

        int[] came = new int[Queues];
        while (came.Sum() < Queues * Messages)
        {
            Frame frame = await consumer.ReadAsync();
            if (frame.Header.Kind == FrameKind.Push)
            {
                uint queue = frame.Header.Correlation;
                List<Delivery> deliveries = QueuePeer.Deliveries(frame);
                came[queue] += deliveries.Count;
                await consumer.RequestAsync(
                    Opcode.QueueAck, 1_000, buffer => QueuePeer.Ack(buffer, $"jobs-{queue}", deliveries));
            }
        }

        Assert.All(came, count => Assert.Equal(Messages, count));
    }

    [Fact]
    public async Task A_consumer_that_takes_nothing_is_cut_and_its_messages_go_to_others()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Connections = options.Connections with { SendStallMs = 500 } });
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer stuck = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await producer.DeclareAsync("jobs", (QueueOptionTag.LeaseMs, LeaseMs));
        await stuck.ConsumeAsync(7, "jobs", credits: 1_000);
        string body = new('x', 1_000_000);
        await producer.PushAllAsync("jobs", [.. Enumerable.Repeat(body, 30)]);
        await Poll.UntilAsync(() => server.Native.Clients.Totals.Cut == 1 && server.Native.Queues.Totals.Leased == 0);

        await other.ConsumeAsync(7, "jobs", credits: 1_000);
        Assert.Equal(
            Enumerable.Range(1, 30).Select(id => (ulong)id), (await other.ReadDeliveriesAsync(30)).Select(message => message.Id));
    }

    [Fact]
    public async Task However_consumers_come_and_go_every_message_is_settled_once()
    {
        const int Messages = 2_000;
        const int Consumers = 4;
        await using TestServer server = await StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        await producer.DeclareAsync("jobs", (QueueOptionTag.DeliveriesMax, 0), (QueueOptionTag.LeaseMs, LeaseMs));
        await producer.PushAllAsync("jobs", [.. Enumerable.Range(0, Messages).Select(i => $"{i}")]);
        int settled = 0;
        await Task.WhenAll(Enumerable.Range(0, Consumers).Select(async seed =>
        {
            var random = new Random(seed);
            while (server.Native.Queues.Totals.Acked < Messages)
            {
                using RawPeer peer = await RawPeer.GreetAsync(server);
                await peer.BeginPullAsync(8, "jobs", waitMs: 100, messagesMax: 5);
                List<Delivery> pulled = QueuePeer.Deliveries(await peer.ReadAsync());
                List<ErrorCode> codes = pulled.Count > 0 ? await peer.AckAsync("jobs", pulled.Take(4)) : [];
                Interlocked.Add(ref settled, codes.Count(code => code == ErrorCode.None));

                // Some leave while messages are on their way to them.
                await peer.RequestAsync(
                    Opcode.QueueConsume, 7, buffer => QueuePeer.Consume(buffer, "jobs", (uint)random.Next(1, 20)));
            }
        }));

        await Poll.UntilAsync(() => server.Native.Queues.Totals is { Ready: 0, Leased: 0, Delayed: 0, Consumers: 0 });
        Assert.Equal((Messages, (long)Messages), (settled, server.Native.Queues.Totals.Acked));
    }

    [Fact]
    public async Task Of_ten_thousand_consumers_each_gets_its_share_and_they_go_with_their_connections()
    {
        const int Connections = 10;
        const int PerConnection = 1_000;
        await using TestServer server = await StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        await producer.DeclareAsync("jobs", (QueueOptionTag.LeaseMs, LeaseMs));
        List<RawPeer> peers = [];
        for (int i = 0; i < Connections; i++)
        {
            RawPeer peer = await RawPeer.GreetAsync(server);
            peers.Add(peer);
            await peer.SendAsync(buffer =>
            {
                for (uint id = 0; id < PerConnection; id++)
                {
                    buffer.Begin(Opcode.QueueConsume, FrameKind.Request, id);
                    QueuePeer.Consume(buffer, "jobs", credits: 1);
                    buffer.End();
                }
            });
            for (int id = 0; id < PerConnection; id++)
            {
                Assert.Equal(FrameKind.Reply, (await peer.ReadAsync()).Header.Kind);
            }
        }

        Assert.Equal(Connections * PerConnection, server.Native.Queues.Totals.Consumers);
        await producer.PushAllAsync("jobs", [.. Enumerable.Range(0, Connections * PerConnection).Select(i => $"{i}")]);
        HashSet<string> came = [];
        foreach (RawPeer peer in peers)
        {
            HashSet<uint> subscriptions = [];
            for (int i = 0; i < PerConnection; i++)
            {
                Frame frame = await peer.ReadAsync();
                Assert.True(came.Add(QueuePeer.Deliveries(frame).Single().Body));
                Assert.True(subscriptions.Add(frame.Header.Correlation));
            }

            peer.Dispose();
        }

        await Poll.UntilAsync(() => server.Native.Queues.Totals is { Consumers: 0, Leased: 0 });
        Assert.Equal(Connections * PerConnection, server.Native.Queues.Totals.Ready);
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(
        options => options with { Connections = options.Connections with { SendStallMs = 600_000 } });
}
