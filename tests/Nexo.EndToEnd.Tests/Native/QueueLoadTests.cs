using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>Consumers that are slow, or many.</summary>
[Collection(nameof(MemoryTests))]
public sealed class QueueLoadTests
{
    [Fact]
    public async Task A_consumer_that_never_reads_is_bounded_and_the_others_get_the_messages()
    {
        const int Messages = 3_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        RawPeer stuck = await RawPeer.GreetAsync(server);
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
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
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
    public async Task Of_ten_thousand_consumers_each_gets_its_share_and_they_go_with_their_connections()
    {
        const int Connections = 10;
        const int PerConnection = 1_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
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
}
