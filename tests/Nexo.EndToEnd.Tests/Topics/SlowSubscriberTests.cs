using Nexo.EndToEnd.Tests.Native;
using Nexo.Engine.Topics;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>Subscriptions that do not keep up: what they miss, and that nobody else does.</summary>
public sealed class SlowSubscriberTests
{
    private const int BodyBytes = 100;

    // With its framing and what the outbox adds; the topic has one byte.
    private const int MessageBytes = PublishedMessage.FixedSize + 1 + BodyBytes + 8;

    [Theory]
    [InlineData(SlowPolicy.DropOldest)]
    [InlineData(SlowPolicy.DropNewest)]
    public async Task Without_credits_an_outbox_is_kept_and_what_is_missing_is_told_exactly_where_it_is(SlowPolicy policy)
    {
        const int Room = 10;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer subscriber = await RawPeer.GreetAsync(server);
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        await subscriber.SubscribeAsync(7, credits: 3, ["t"], policy, outboxBytes: Room * MessageBytes);

        await PublishAsync(publisher, "t", 0, 50);
        await subscriber.CreditAsync(7, 1_000);
        List<Received> got = await subscriber.ReadMessagesAsync(7, 3 + Room);
        if (policy == SlowPolicy.DropNewest)
        {
            // Nothing follows that could tell it.
            Assert.Equal(37ul, await ReadMissedAsync(subscriber));
        }

        await PublishAsync(publisher, "t", 50, 5);
        got.AddRange(await subscriber.ReadMessagesAsync(7, 5));

        int[] expected = policy == SlowPolicy.DropOldest
            ? [0, 1, 2, .. Enumerable.Range(40, 15)]
            : [.. Enumerable.Range(0, 13), .. Enumerable.Range(50, 5)];
        Assert.Equal(expected, got.Select(Number));
        Assert.Equal(policy == SlowPolicy.DropOldest ? 37ul : 0, got[3].MissedBefore);
        Assert.Equal(policy == SlowPolicy.DropOldest ? 37 : 0, got.Sum(message => (long)message.MissedBefore));
        Assert.Equal(37, server.Native.Topics.Stats.Dropped);
        Assert.Equal(0, server.Native.TopicBuffers.Bytes);
    }

    [Fact]
    public async Task A_gap_between_messages_that_wait_is_told_with_the_first_behind_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer subscriber = await RawPeer.GreetAsync(server);
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        await subscriber.SubscribeAsync(7, credits: 0, ["t"], SlowPolicy.DropNewest, outboxBytes: (4 * MessageBytes) + 8);

        await PublishAsync(publisher, "t", 0, 10);
        await subscriber.CreditAsync(7, 2);
        List<Received> got = await subscriber.ReadMessagesAsync(7, 2);
        await PublishAsync(publisher, "t", 10, 1);
        await subscriber.CreditAsync(7, 10);
        got.AddRange(await subscriber.ReadMessagesAsync(7, 3));

        Assert.Equal([(0, 0ul), (1, 0ul), (2, 0ul), (3, 0ul), (10, 6ul)], got.Select(message => (Number(message), message.MissedBefore)));
    }

    [Fact]
    public async Task With_the_policy_to_end_it_ends_with_a_reason_and_its_correlation_is_free()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer subscriber = await RawPeer.GreetAsync(server);
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        await subscriber.SubscribeAsync(7, credits: 0, ["t"], SlowPolicy.End, outboxBytes: 10 * MessageBytes);
        await subscriber.SubscribeAsync(8, credits: 1_000, ["t"]);

        await PublishAsync(publisher, "t", 0, 20);

        Frame? end = null;
        List<Received> others = [];
        while (end is null || others.Count < 20)
        {
            Frame frame = await subscriber.ReadAsync();
            if (frame.Header.Kind == FrameKind.End)
            {
                end = frame;
            }
            else
            {
                Assert.Equal(8u, frame.Header.Correlation);
                others.AddRange(TopicPeer.Messages(frame));
            }
        }

        Assert.Equal((7u, ErrorCode.SlowConsumer), (end.Header.Correlation, end.Code));
        Assert.Equal(Enumerable.Range(0, 20), others.Select(Number));
        Assert.Equal(1, server.Native.TopicBuffers.EndedSlow);
        await Poll.UntilAsync(() => server.Native.Topics.Stats.Subscriptions == 1 && server.Native.TopicBuffers.Bytes == 0);
        await subscriber.SubscribeAsync(7, credits: 0, ["other"]);
    }

    [Fact]
    public async Task What_it_had_not_been_sent_when_it_ended_is_counted_as_dropped()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer subscriber = await RawPeer.GreetAsync(server);
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        await subscriber.SubscribeAsync(7, credits: 3, ["t"], SlowPolicy.End, outboxBytes: 10 * MessageBytes);

        await PublishAsync(publisher, "t", 0, 20);

        Assert.Equal(3, (await subscriber.ReadMessagesAsync(7, 3)).Count);
        Assert.Equal(ErrorCode.SlowConsumer, (await subscriber.ReadAsync()).Code);
        TopicStats stats = server.Native.Topics.Stats;
        Assert.Equal(3, stats.Delivered - stats.Dropped);
    }

    [Fact]
    public async Task Other_subscriptions_and_requests_of_the_same_connection_go_on_at_full_speed()
    {
        const int Count = 20_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer both = await RawPeer.GreetAsync(server);
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        await both.SubscribeAsync(7, credits: 0, ["t"], outboxBytes: 1_024 * 1_024);
        await both.SubscribeAsync(8, credits: 1_000_000, ["t"], outboxBytes: 16 * 1_024 * 1_024);

        List<Received> got = [];
        await Task.WhenAll(PublishAsync(publisher, "t", 0, Count), ReadBesidePingsAsync(both, got, Count));

        Assert.Equal(Enumerable.Range(0, Count), got.Select(Number));
        Assert.All(got, message => Assert.Equal(0ul, message.MissedBefore));
        Assert.InRange(server.Native.TopicBuffers.Bytes, 1, 1_024 * 1_024);
    }

    [Fact]
    public async Task A_subscriber_that_reads_a_byte_now_and_then_costs_others_nothing_and_stays_within_its_bound()
    {
        const int Rounds = 100;
        const int PerRound = 500;
        const int Bound = 64 * 1_024;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer slow = await RawPeer.GreetAsync(server);
        using RawPeer fast = await RawPeer.GreetAsync(server);
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        await slow.SubscribeAsync(7, credits: 1_000_000, ["t"], outboxBytes: Bound);
        await fast.SubscribeAsync(8, credits: 1_000_000, ["t"]);
        NativeConnectionOf(server, slow, out Nexo.Server.Native.NativeConnection connection);

        // 22 MB: more than sockets hold. The fast one has each round before the next begins.
        byte[] padding = new byte[400];
        for (int round = 0; round < Rounds; round++)
        {
            int first = round * PerRound;
            await publisher.SendAsync(buffer =>
            {
                for (int i = first; i < first + PerRound; i++)
                {
                    BitConverter.TryWriteBytes(padding, i);
                    TopicPeer.Publish(buffer, FrameKind.Notice, 0, "t", padding);
                }
            });
            List<Received> got = await fast.ReadMessagesAsync(8, PerRound);
            Assert.All(got, message => Assert.Equal(0ul, message.MissedBefore));
            await slow.ReceiveSomeAsync(1);
            Assert.InRange(connection.BytesPending, 0, (256 + 128) * 1_024);
            Assert.InRange(server.Native.TopicBuffers.Bytes, 0, Bound);
        }

        Assert.InRange(server.Native.Topics.Stats.Dropped, 1, Rounds * PerRound);
    }

    [Fact]
    public async Task What_a_slow_connection_missed_and_got_adds_up_when_it_reads_again()
    {
        const int Count = 60_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer slow = await RawPeer.GreetAsync(server);
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        await slow.SubscribeAsync(7, credits: 1_000_000, ["t/1"], outboxBytes: 100_000);
        await slow.SubscribeAsync(8, credits: 1_000_000, ["t/+"], SlowPolicy.DropNewest, outboxBytes: 100_000);

        await PublishAsync(publisher, "t/1", 0, Count);
        await Poll.UntilAsync(() => server.Native.Topics.Stats.Delivered == 2 * Count);
        Assert.NotEqual(0, server.Native.Topics.Stats.Dropped);

        Dictionary<uint, int> next = new() { [7] = 0, [8] = 0 };
        long missed = 0;
        while (next.Values.Any(number => number < Count))
        {
            Frame frame = await slow.ReadAsync();
            Assert.True(TopicPush.TryRead(frame.Body, out TopicPush push));
            next[frame.Header.Correlation] += (int)push.Missed;
            missed += (long)push.Missed;
            foreach (Received message in TopicPeer.Messages(frame))
            {
                Assert.Equal(next[frame.Header.Correlation]++, Number(message));
            }
        }

        Assert.Equal(server.Native.Topics.Stats.Dropped, missed);
    }

    private static async Task ReadBesidePingsAsync(RawPeer peer, List<Received> got, int count)
    {
        while (got.Count < count)
        {
            got.AddRange((await peer.ReadUntilPingAsync()).SelectMany(frame =>
            {
                Assert.Equal(8u, frame.Header.Correlation);
                return TopicPeer.Messages(frame);
            }));
        }
    }

    private static int Number(Received message) => int.Parse(message.Body.TrimStart('.'));

    private static Task PublishAsync(RawPeer publisher, string topic, int from, int count) =>
        publisher.PostAsync(topic, Enumerable.Range(from, count).Select(number => number.ToString().PadLeft(BodyBytes, '.')));

    private static async Task<ulong> ReadMissedAsync(RawPeer peer)
    {
        Frame frame = await peer.ReadAsync();
        Assert.True(TopicPush.TryRead(frame.Body, out TopicPush push));
        Assert.Equal(0u, push.Count);
        return push.Missed;
    }

    private static void NativeConnectionOf(
        TestServer server, RawPeer peer, out Nexo.Server.Native.NativeConnection connection) =>
        connection = (Nexo.Server.Native.NativeConnection)server.Native.Clients.All.Single(open => open.Remote == peer.Local);
}
