using Nexo.EndToEnd.Tests.Data;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>What is published and kept while the disk does not keep up.</summary>
public sealed class SlowDiskTests
{
    private const int PendingBytesMax = 1_024 * 1_024;
    private const int BodyBytes = 4_000;
    private const int Count = 4_000;

    [Theory]
    [InlineData(Opcode.TopicPublish, FrameKind.Request, false)]
    [InlineData(Opcode.TopicPublishBatch, FrameKind.Request, false)]
    [InlineData(Opcode.TopicPublish, FrameKind.Notice, false)]
    [InlineData(Opcode.TopicPublish, FrameKind.Request, true)]
    [InlineData(Opcode.TopicPublishBatch, FrameKind.Request, true)]
    public async Task Whoever_publishes_what_is_kept_with_interval_is_not_read_on_while_too_much_waits(
        Opcode opcode, FrameKind kind, bool isRefused)
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await StartAsync(disk, TopicsDurability.Interval);
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        if (isRefused)
        {
            await BindToFullQueueAsync(peer, "t/#");
        }

        gate.Close();
        await other.SendAsync(buffer => DurableServer.Set(buffer, 0, "k", "v", Durability.Fsync));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        Task sending = peer.SendAsync(buffer =>
        {
            for (uint i = 0; i < Count; i++)
            {
                Publish(buffer, opcode, kind, i);
            }
        });
        await Poll.UntilAsync(() => server.Log().PendingBytes > PendingBytesMax);
        using RawPeer third = await RawPeer.GreetAsync(server);
        for (uint i = 0; i < 100; i++)
        {
            await third.AskAsync(Opcode.Ping, i, _ => { });
        }

        Assert.InRange(server.Log().PendingBytes, PendingBytesMax, PendingBytesMax + (512 * 1_024));
        gate.Open();
        await ReadAllAsync(peer, kind);
        await sending;
        Assert.Equal(Count, server.Native.Topics.Stats.Retained);
    }

    [Fact]
    public async Task That_a_binding_has_refused_is_told_when_the_disk_has_what_became_of_it_else()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await StartAsync(disk, TopicsDurability.Fsync);
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await BindToFullQueueAsync(peer, "t");
        gate.Close();
        await peer.SendAsync(buffer => TopicPeer.Publish(buffer, FrameKind.Request, 2, "t", "x"u8, PublishFlags.Retain));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        await other.PublishAsync("free", "x");
        Assert.False(peer.HasAnswer);
        gate.Open();

        Assert.Equal(ErrorCode.BindingRefused, (await peer.ReadAsync()).Code);
        Assert.True(server.Log().DurableLsn >= server.Log().AppendedLsn);
    }

    [Fact]
    public async Task All_subscribers_have_a_message_although_its_publisher_is_held_for_the_disk()
    {
        const int Subscriptions = 800;
        var disk = new SimulatedDisk();
        await using TestServer server = await StartAsync(disk, TopicsDurability.Interval);
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        RawPeer[] subscribers = [await RawPeer.GreetAsync(server), await RawPeer.GreetAsync(server)];
        foreach (RawPeer subscriber in subscribers)
        {
            await SubscribeAsync(subscriber, Subscriptions);
        }

        using var gate = new DiskGate(disk);
        gate.Close();
        await other.SendAsync(buffer => DurableServer.Set(buffer, 0, "k", "v", Durability.Fsync));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        await other.SendAsync(buffer => DurableServer.Set(buffer, 0, "k", new string('x', PendingBytesMax)));
        await Poll.UntilAsync(() => server.Log().PendingBytes > PendingBytesMax);
        await publisher.SendAsync(buffer => TopicPeer.Publish(buffer, FrameKind.Notice, 2, "t", "x"u8, PublishFlags.Retain));

        foreach (RawPeer subscriber in subscribers)
        {
            for (int i = 0; i < Subscriptions; i++)
            {
                Assert.Single(TopicPeer.Messages(await subscriber.ReadAsync()));
            }
        }

        Assert.NotEqual(0, gate.Waiting);
        gate.Open();
        Array.ForEach(subscribers, subscriber => subscriber.Dispose());
    }

    private static async Task SubscribeAsync(RawPeer peer, int subscriptions)
    {
        await peer.SendAsync(buffer =>
        {
            for (uint i = 0; i < subscriptions; i++)
            {
                buffer.Begin(Opcode.TopicSubscribe, FrameKind.Request, i);
                TopicPeer.Subscribe(buffer, 1_000, ["t"]);
                buffer.End();
            }
        });
        for (int i = 0; i < subscriptions; i++)
        {
            Assert.Equal(FrameKind.Reply, (await peer.ReadAsync()).Header.Kind);
        }
    }

    [Fact]
    public async Task A_will_comes_although_the_disk_does_not_answer()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await StartAsync(disk, TopicsDurability.Interval);
        using RawPeer watcher = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        using var gate = new DiskGate(disk);
        await watcher.SubscribeAsync(7, credits: 10, ["presence"]);
        using (RawPeer lost = await RawPeer.GreetAsync(server))
        {
            Frame set = await lost.AskAsync(Opcode.TopicWill, 3, buffer => new TopicWillRequest
            {
                DelayMs = 200,
                Session = "s"u8,
                Message = new TopicPublication { Topic = "presence"u8, Body = "gone"u8 },
            }.Write(buffer));
            Assert.Equal(FrameKind.Reply, set.Header.Kind);
            gate.Close();
            await other.SendAsync(buffer => DurableServer.Set(buffer, 0, "k", "v", Durability.Fsync));
            await Poll.UntilAsync(() => gate.Waiting > 0);
            await other.SendAsync(buffer => DurableServer.Set(buffer, 0, "k", new string('x', PendingBytesMax)));
            await Poll.UntilAsync(() => server.Log().PendingBytes > PendingBytesMax);
        }

        Assert.Equal("gone", Assert.Single(await watcher.ReadMessagesAsync(7, 1)).Body);
        Assert.NotEqual(0, gate.Waiting);
        gate.Open();
    }

    private static Task<TestServer> StartAsync(SimulatedDisk disk, TopicsDurability durability) =>
        TestServer.StartAsync(options => DurableServer.On(
            options with { Topics = options.Topics with { Durability = durability } },
            disk,
            change: storage => storage with { PendingBytesMax = PendingBytesMax }));

    private static async Task BindToFullQueueAsync(RawPeer peer, string filter)
    {
        await peer.DeclareAsync("small", (QueueOptionTag.MessagesMax, 1));
        await peer.BindAsync("full", filter, "small");
        await peer.PublishAsync(filter.Replace('#', 'x'), "fills it");
    }

    private static void Publish(FrameBuffer buffer, Opcode opcode, FrameKind kind, uint number)
    {
        byte[] topic = TopicPeer.Bytes($"t/{number}");
        byte[] body = new byte[BodyBytes];
        if (opcode == Opcode.TopicPublish)
        {
            TopicPeer.Publish(buffer, kind, number, $"t/{number}", body, PublishFlags.Retain);
            return;
        }

        buffer.Begin(opcode, kind, number);
        TopicPublishBatchRequest.WriteStart(buffer, 1);
        new TopicPublication { Topic = topic, Flags = PublishFlags.Retain, Body = body }.WriteItem(buffer);
        buffer.End();
    }

    private static async Task ReadAllAsync(RawPeer peer, FrameKind kind)
    {
        if (kind == FrameKind.Notice)
        {
            await peer.ReadUntilPingAsync();
            return;
        }

        for (uint i = 0; i < Count; i++)
        {
            Assert.Equal(i, (await peer.ReadAsync()).Header.Correlation);
        }
    }
}
