using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>Shared groups, many subscriptions, long fan-outs.</summary>
public sealed class SharedAndManyTests
{
    [Fact]
    public async Task Of_a_group_one_gets_each_message_and_all_have_their_part()
    {
        const int Count = 900;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        RawPeer[] members = [.. await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => RawPeer.GreetAsync(server)))];
        foreach (RawPeer member in members)
        {
            await member.SubscribeAsync(7, credits: 100_000, ["$share/g/work/#"]);
        }

        for (int i = 0; i < Count; i += 9)
        {
            await publisher.PostAsync("work/x", TopicPeer.Numbers(i, 9));
            await publisher.ReadUntilPingAsync();
        }

        List<int> all = [];
        foreach (RawPeer member in members)
        {
            List<int> part = [.. (await member.ReadUntilPingAsync()).SelectMany(TopicPeer.Messages).Select(Number)];
            Assert.InRange(part.Count, Count / 10, Count);
            Assert.Equal(part.Order(), part);
            all.AddRange(part);
            member.Dispose();
        }

        Assert.Equal(Enumerable.Range(0, Count), all.Order());
    }

    [Fact]
    public async Task A_member_without_credits_is_passed_over()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        using RawPeer able = await RawPeer.GreetAsync(server);
        using RawPeer unable = await RawPeer.GreetAsync(server);
        await unable.SubscribeAsync(7, credits: 0, ["$share/g/work"]);
        await able.SubscribeAsync(7, credits: 100_000, ["$share/g/work"]);

        await publisher.PostAsync("work", TopicPeer.Numbers(0, 500));

        Assert.Equal(TopicPeer.Numbers(0, 500), TopicPeer.Bodies(await able.ReadMessagesAsync(7, 500)));
    }

    [Fact]
    public async Task What_a_member_has_not_been_sent_goes_to_the_others_when_it_stops_or_dies()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        RawPeer[] members = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RawPeer.GreetAsync(server)))];
        foreach (RawPeer member in members)
        {
            // Nobody has credits: what is published waits with some of them.
            await member.SubscribeAsync(7, credits: 0, ["$share/g/work", "own"]);
        }

        await publisher.PostAsync("work", TopicPeer.Numbers(0, 400));
        await publisher.PostAsync("own", "not shared");
        await publisher.ReadUntilPingAsync();

        await members[0].NoticeAsync(Opcode.Stop, 7);
        Assert.Equal(FrameKind.End, (await members[0].ReadAsync()).Header.Kind);
        members[1].Dispose();
        await Poll.UntilAsync(() => server.Native.Topics.Stats.Subscriptions == 2);
        await members[2].CreditAsync(7, 100_000);
        await members[3].CreditAsync(7, 100_000);

        List<string> got = [];
        while (got.Count < 402)
        {
            foreach (RawPeer member in members[2..])
            {
                got.AddRange(TopicPeer.Bodies((await member.ReadUntilPingAsync()).SelectMany(TopicPeer.Messages)));
            }
        }

        Assert.Equal(2, got.RemoveAll(body => body == "not shared"));
        Assert.Equal(Enumerable.Range(0, 400), got.Select(int.Parse).Order());
        Array.ForEach(members, member => member.Dispose());
    }

    [Fact]
    public async Task While_members_come_and_die_no_message_is_lost_that_was_not_sent_and_none_comes_twice()
    {
        const int Count = 5_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        using RawPeer steady = await RawPeer.GreetAsync(server);
        await steady.SubscribeAsync(7, credits: 1_000_000, ["$share/g/work"], outboxBytes: 16 * 1_024 * 1_024);
        var seen = new List<int>();

        for (int i = 0; i < Count; i += 500)
        {
            // It never has credits, so nothing is sent to it: all that it has goes back.
            using RawPeer dying = await RawPeer.GreetAsync(server);
            await dying.SubscribeAsync(7, credits: 0, ["$share/g/work"]);
            await publisher.PostAsync("work", TopicPeer.Numbers(i, 500));
        }

        while (seen.Count < Count)
        {
            seen.AddRange(TopicPeer.Messages(await steady.ReadAsync()).Select(Number));
        }

        Assert.Equal(Enumerable.Range(0, Count), seen.Order());
        Assert.Empty(await steady.ReadUntilPingAsync());
    }

    [Fact]
    public async Task A_thousand_subscriptions_of_one_connection_get_each_message_in_order_and_end_with_it()
    {
        const int Subscriptions = 1_000;
        const int Count = 20;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SendAsync(buffer =>
        {
            for (uint i = 0; i < Subscriptions; i++)
            {
                buffer.Begin(Opcode.TopicSubscribe, FrameKind.Request, i);
                TopicPeer.Subscribe(buffer, 1_000, ["t", $"only/{i}"]);
                buffer.End();
            }
        });
        for (uint i = 0; i < Subscriptions; i++)
        {
            Assert.Equal(FrameKind.Reply, (await peer.ReadAsync()).Header.Kind);
        }

        await publisher.PostAsync("t", TopicPeer.Numbers(0, Count));
        Assert.Equal(new TopicPublishReply(1, 0), await publisher.PublishAsync("only/7", Count.ToString()));

        int[] next = new int[Subscriptions];
        for (int left = (Subscriptions * Count) + 1; left > 0;)
        {
            Frame frame = await peer.ReadAsync();
            foreach (Received message in TopicPeer.Messages(frame))
            {
                Assert.Equal(next[frame.Header.Correlation]++, Number(message));
                left--;
            }
        }

        Assert.Equal(Count + 1, next[7]);
        peer.Dispose();
        await Poll.UntilAsync(() => server.Native.Topics.Stats is { Subscriptions: 0, Filters: 0 });
    }

    [Fact]
    public async Task A_request_with_very_many_filters_is_answered_in_its_turn()
    {
        const int Filters = 20_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SendAsync(buffer =>
        {
            TopicPeer.Publish(buffer, FrameKind.Request, 1, "9", "nobody yet"u8);
            buffer.Begin(Opcode.TopicSubscribe, FrameKind.Request, 7);
            TopicPeer.Subscribe(buffer, 10, [.. TopicPeer.Numbers(0, Filters)]);
            buffer.End();
            TopicPeer.Publish(buffer, FrameKind.Request, 2, "19999", "heard"u8);
            buffer.Begin(Opcode.TopicFilters, FrameKind.Request, 3);
            TopicFiltersRequest.WriteAdded(buffer, 7, 0);
            TopicFiltersRequest.WriteRemoved(buffer, Filters - 1);
            for (int i = 1; i < Filters; i++)
            {
                buffer.WriteBlob(TopicPeer.Bytes(i.ToString()));
            }

            buffer.End();
            TopicPeer.Publish(buffer, FrameKind.Request, 4, "19999", "nobody any more"u8);
        });

        List<Frame> frames = await peer.ReadUntilPingAsync();
        Assert.Equal([1u, 7u, 2u, 3u, 4u], frames.Where(frame => frame.Header.Kind == FrameKind.Reply).Select(frame => frame.Header.Correlation));
        Frame push = Assert.Single(frames, frame => frame.Header.Kind == FrameKind.Push);
        Assert.Equal(["heard"], TopicPeer.Bodies(TopicPeer.Messages(push)));
        Assert.Equal(1, server.Native.Topics.Stats.Filters);
        Frame malformed = await peer.AskAsync(Opcode.TopicSubscribe, 8, buffer =>
            TopicPeer.Subscribe(buffer, 10, [.. TopicPeer.Numbers(0, Filters), "a/#/b"]));
        Assert.Equal(ErrorCode.FilterInvalid, malformed.Code);
    }

    [Fact]
    public async Task A_fan_out_of_many_turns_keeps_the_order_and_holds_up_no_other_connection()
    {
        const int Connections = 5;
        const int PerConnection = 1_000;
        const int Count = 6;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        RawPeer[] peers = [.. await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => RawPeer.GreetAsync(server)))];
        foreach (RawPeer peer in peers)
        {
            await peer.SendAsync(buffer =>
            {
                for (uint i = 0; i < PerConnection; i++)
                {
                    buffer.Begin(Opcode.TopicSubscribe, FrameKind.Request, i);
                    TopicPeer.Subscribe(buffer, 1_000, ["t"]);
                    buffer.End();
                }
            });
            for (int i = 0; i < PerConnection; i++)
            {
                Assert.Equal(FrameKind.Reply, (await peer.ReadAsync()).Header.Kind);
            }
        }

        // One after the other, each in a read of its own or not, and one for which turns have to end first.
        for (int i = 0; i < Count; i++)
        {
            await publisher.PostAsync("t", i.ToString());
            await other.ReadUntilPingAsync();
        }

        Assert.Equal(new TopicPublishReply(Connections * PerConnection, 0), await publisher.PublishAsync("t", $"{Count}"));
        foreach (RawPeer peer in peers)
        {
            int[] next = new int[PerConnection];
            for (int left = PerConnection * (Count + 1); left > 0;)
            {
                Frame frame = await peer.ReadAsync();
                foreach (Received message in TopicPeer.Messages(frame))
                {
                    Assert.Equal(next[frame.Header.Correlation]++, Number(message));
                    left--;
                }
            }

            peer.Dispose();
        }
    }

    [Fact]
    public async Task Many_publishers_at_once_each_keep_their_order_at_every_subscriber()
    {
        const int Publishers = 8;
        const int Count = 2_000;
        await using TestServer server = await TestServer.StartAsync();
        RawPeer[] publishers = [.. await Task.WhenAll(Enumerable.Range(0, Publishers).Select(_ => RawPeer.GreetAsync(server)))];
        using RawPeer first = await RawPeer.GreetAsync(server);
        using RawPeer second = await RawPeer.GreetAsync(server);
        await first.SubscribeAsync(7, credits: 1_000_000, ["p/+"], outboxBytes: 16 * 1_024 * 1_024);
        await second.SubscribeAsync(7, credits: 1_000_000, ["p/#", "p/1"], outboxBytes: 16 * 1_024 * 1_024);

        await Task.WhenAll(publishers.Select((publisher, index) => Task.Run(async () =>
        {
            for (int i = 0; i < Count; i += 100)
            {
                await publisher.PostAsync($"p/{index}", TopicPeer.Numbers(i, 100));
            }
        })));

        foreach (RawPeer subscriber in (RawPeer[])[first, second])
        {
            var next = new Dictionary<string, int>();
            for (int left = Publishers * Count; left > 0; left--)
            {
                foreach (Received message in TopicPeer.Messages(await subscriber.ReadAsync()))
                {
                    Assert.Equal(next.GetValueOrDefault(message.Topic), Number(message));
                    next[message.Topic] = Number(message) + 1;
                }

                left = (Publishers * Count) - next.Values.Sum() + 1;
            }

            Assert.Equal(Publishers, next.Count);
        }

        Array.ForEach(publishers, publisher => publisher.Dispose());
    }

    private static int Number(Received message) => int.Parse(message.Body);
}
