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
}
