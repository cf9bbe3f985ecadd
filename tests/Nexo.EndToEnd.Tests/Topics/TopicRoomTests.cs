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

    [Fact]
    public async Task A_large_message_to_many_that_do_not_read_takes_no_more_than_all_may_have_together()
    {
        const int Subscribers = 40;
        const int LargeBytes = 2 * 1_024 * 1_024;
        const int Bound = 32 * 1_024 * 1_024;
        const int OfEach = (256 + 128) * 1_024;
        await using TestServer server = await StartAsync(Bound);
        LoosePipes[] pipes = [.. Enumerable.Range(0, Subscribers).Select(_ => new LoosePipes())];
        NativeConnection[] connections = [.. pipes.Select(each => new NativeConnection(each.Context, server.Native))];
        TopicSubscription[] all = [.. connections.Select(each => Subscribe(server, each, 0, credits: 1_000))];

        var work = new TopicWork();
        server.Native.Topics.Publish(new TopicMessage { Topic = "t"u8, Body = new byte[LargeBytes] }, work, out _);
        int turns = 1;
        while (work.Run())
        {
            turns++;
        }

        Assert.InRange(turns, 2, Subscribers);
        Assert.InRange(server.Native.TopicBuffers.Bytes, LargeBytes, Bound);
        Assert.InRange(connections.Sum(each => (long)each.BytesPending), LargeBytes, Bound + (Subscribers * OfEach));
        int dropped = (int)server.Native.Topics.Stats.Dropped;
        Assert.InRange(dropped, 1, Subscribers - 4);

        // Who has missed it is told, and there is room again when the others have read.
        int missed = 0;
        for (int i = 0; i < Subscribers; i++)
        {
            Assert.True(TopicPush.TryRead((await pipes[i].ReadAsync()).Body, out TopicPush push));
            Assert.Equal(1ul, push.Count + push.Missed);
            missed += (int)push.Missed;
        }

        Assert.Equal(dropped, missed);
        await Poll.UntilAsync(() => server.Native.TopicBuffers.Bytes == 0);
        Array.ForEach(all, each => each.End(ErrorCode.None, string.Empty));
    }

    [Fact]
    public async Task Large_retained_messages_for_many_that_do_not_read_wait_until_others_are_gone()
    {
        const int Subscribers = 40;
        const int LargeBytes = 2 * 1_024 * 1_024;
        const int Bound = 32 * 1_024 * 1_024;
        await using TestServer server = await StartAsync(Bound);
        server.Native.Topics.Publish(
            new TopicMessage { Topic = "t"u8, Body = new byte[LargeBytes], Retain = true }, new TopicWork(), out _);
        LoosePipes[] pipes = [.. Enumerable.Range(0, Subscribers).Select(_ => new LoosePipes())];
        TopicSubscription[] all =
        [
            .. pipes.Select(each => Subscribe(
                server, new NativeConnection(each.Context, server.Native), 0, credits: 1_000, retained: true)),
        ];

        await Poll.UntilAsync(() => server.Native.TopicBuffers.IsCrowded);
        await Task.Delay(100);

        // A quarter, and one more for each thread that was at it.
        Assert.InRange(server.Native.TopicBuffers.Bytes, Bound / 4, Bound);
        Frame[] frames = await Task.WhenAll(pipes.Select(each => each.ReadAsync()));
        Assert.All(frames, frame => Assert.Equal(LargeBytes, Assert.Single(TopicPeer.Messages(frame)).Body.Length));

        await Poll.UntilAsync(() => server.Native.TopicBuffers.Bytes == 0);
        Array.ForEach(all, each => each.End(ErrorCode.None, string.Empty));
    }

    [Fact]
    public async Task A_member_that_was_full_has_its_part_again_as_soon_as_it_has_read()
    {
        const int Large = 400_000;
        const int Small = 30_000;
        await using TestServer server = await TestServer.StartAsync();
        var work = new TopicWork();
        LoosePipes[] pipes = [new(), new()];
        TopicSubscription[] members =
        [
            .. pipes.Select(each => Subscribe(
                server, new NativeConnection(each.Context, server.Native), 0, credits: 1_000_000, filter: "$share/g/t")),
        ];
        Publish(server, work, 0, Large);
        work.Run();
        Assert.Equal(long.MaxValue, members.Max(member => member.Load));
        int full = members[0].Load == long.MaxValue ? 0 : 1;
        await pipes[full].ReadAsync();
        await Poll.UntilAsync(() => members[full].Load == Large + PublishedMessage.FixedSize + 1);

        Task<Frame>[] reads = [pipes[0].ReadAsync(), pipes[1].ReadAsync()];
        int[] got = [0, 0];
        for (int i = 0; i < 40; i++)
        {
            Publish(server, work, i, Small);
            work.Run();
            int reader = Array.IndexOf(reads, await Task.WhenAny(reads));
            got[reader] += TopicPeer.Messages(await reads[reader]).Count;
            reads[reader] = pipes[reader].ReadAsync();
        }

        Assert.InRange(got[full], 10, 30);
        Array.ForEach(members, member => member.End(ErrorCode.None, string.Empty));
        await Task.WhenAll(reads);
    }

    private static Task<TestServer> StartAsync(int bound) => TestServer.StartAsync(options => options with
    {
        Topics = options.Topics with { BufferedBytesMax = bound },
        Connections = options.Connections with { FrameBytesMax = bound / 4 },
    });

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

    private static TopicSubscription Subscribe(
        TestServer server, NativeConnection connection, uint id, uint credits, string filter = "t", bool retained = false)
    {
        var outbox = new TopicOutbox(64 * 1_024 * 1_024, TopicWhenSlow.DropOldest, connection.Outbox.TopicRoom);
        var subscription = new TopicSubscription(connection, id, credits, outbox);
        var options = new TopicSubscribeOptions(connection.TopicOwner, retained, false, TopicWhenSlow.DropOldest);
        Assert.Equal(
            TopicStatus.Ok,
            subscription.Open(server.Native.Topics, options, new TopicFilterList(TopicFilterList.Encode(filter), 1)));
        subscription.Start();
        return subscription;
    }

    private static void Publish(TestServer server, TopicWork work, int number, int bytes = BodyBytes)
    {
        byte[] body = Encoding.ASCII.GetBytes(number.ToString().PadLeft(bytes, '0'));
        Assert.Equal(TopicStatus.Ok, server.Native.Topics.Publish(new TopicMessage { Topic = "t"u8, Body = body }, work, out _));
    }
}
