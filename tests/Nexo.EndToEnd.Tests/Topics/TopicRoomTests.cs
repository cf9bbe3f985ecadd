using System.Text;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Native;
using Nexo.Server.Topics;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>Connections that have no room for more, over pipes that take nothing until they are read.</summary>
public sealed class TopicRoomTests
{
    private const int BodyBytes = 1_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_is_read_when_each_subscription_gets_its_messages_in_their_order(int seed)
    {
        const int Subscriptions = 4;
        const int Steps = 300;
        await using TestServer server = await TestServer.StartAsync();
        var pipes = new LoosePipes();
        var connection = new NativeConnection(pipes.Context, server.Native);
        List<TopicSubscription> all = [];
        for (uint i = 0; i < Subscriptions; i++)
        {
            all.Add(Subscribe(server, connection, i, credits: i == 0 ? 0u : 1_000_000));
        }

        var random = new Random(seed);
        var work = new TopicWork();
        int published = 0;
        int[] next = new int[Subscriptions];
        long credits = 0;
        for (int step = 0; step < Steps; step++)
        {
            int more = random.Next(1, 100);
            for (int i = 0; i < more; i++)
            {
                Publish(server, work, published++);
                if (random.Next(4) == 0)
                {
                    work.Run();
                }
            }

            work.Run();
            uint given = (uint)random.Next(1, 100);
            all[0].AddCredits(given);
            credits += given;

            // Nearly as much as comes, or a little.
            await ReadAsync(pipes, next, (int)(random.Next(3) * (long)more * Subscriptions / 2), published, credits);
        }

        all[0].AddCredits(1_000_000);
        await ReadAsync(pipes, next, int.MaxValue, published, long.MaxValue);
        Assert.All(next, number => Assert.Equal(published, number));
        all.ForEach(subscription => subscription.End(ErrorCode.None, string.Empty));
    }

    [Fact]
    public async Task Subscriptions_of_one_connection_that_a_batch_has_touched_leave_together()
    {
        const int Subscriptions = 10;
        await using TestServer server = await TestServer.StartAsync();
        var pipes = new LoosePipes();
        var connection = new NativeConnection(pipes.Context, server.Native);
        List<TopicSubscription> all = [];
        for (uint i = 0; i < Subscriptions; i++)
        {
            all.Add(Subscribe(server, connection, i, credits: 1_000));
        }

        var work = new TopicWork();
        for (int i = 0; i < 5; i++)
        {
            Publish(server, work, i);
        }

        work.Run();

        // Each has a frame with all five, and nothing was sent between them.
        Assert.Equal(Subscriptions * 5, await pipes.CountAtOnceAsync(frame => TopicPeer.Messages(frame).Count));
        all.ForEach(subscription => subscription.End(ErrorCode.None, string.Empty));
    }

    private static async Task ReadAsync(LoosePipes pipes, int[] next, int messages, int published, long credits)
    {
        while (messages > 0 && HasMore(next, published, credits))
        {
            Frame frame = await pipes.ReadAsync();
            foreach (Received message in TopicPeer.Messages(frame))
            {
                Assert.Equal((0ul, next[frame.Header.Correlation]++), (message.MissedBefore, int.Parse(message.Body)));
                messages--;
            }
        }
    }

    private static bool HasMore(int[] next, int published, long credits) =>
        next.Skip(1).Any(number => number < published) || next[0] < Math.Min(published, credits);

    private static TopicSubscription Subscribe(TestServer server, NativeConnection connection, uint id, uint credits)
    {
        var outbox = new TopicOutbox(64 * 1_024 * 1_024, TopicWhenSlow.DropOldest, server.Native.TopicBuffers);
        var subscription = new TopicSubscription(connection, id, credits, outbox);
        var options = new TopicSubscribeOptions(connection.TopicOwner, false, false, TopicWhenSlow.DropOldest);
        Assert.Equal(
            TopicStatus.Ok,
            subscription.Open(server.Native.Topics, options, new TopicFilterList(TopicFilterList.Encode("t"), 1)));
        subscription.Start();
        return subscription;
    }

    private static void Publish(TestServer server, TopicWork work, int number)
    {
        byte[] body = Encoding.ASCII.GetBytes(number.ToString().PadLeft(BodyBytes, '0'));
        Assert.Equal(TopicStatus.Ok, server.Native.Topics.Publish(new TopicMessage { Topic = "t"u8, Body = body }, work, out _));
    }
}
