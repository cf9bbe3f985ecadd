using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Security;

/// <summary>What becomes of connections when users change: over the native protocol.</summary>
public sealed class WithdrawalTests
{
    private const string Ada = "ada";

    private static readonly string[] Rules =
    [
        "queue consume,write jobs", "topics read,write news", "streams * log", "store read,write k*",
    ];

    public static TheoryData<string> Kinds => [.. Openings.Keys];

    private static Dictionary<string, Action<FrameBuffer>> Openings { get; } = new()
    {
        [nameof(Opcode.QueueConsume)] = buffer => new QueueConsumeRequest { Credits = 10, Queue = "jobs"u8 }.Write(buffer),
        [nameof(Opcode.TopicSubscribe)] = buffer =>
        {
            new TopicSubscribeRequest { Credits = 10 }.WriteStart(buffer, 1);
            buffer.WriteBlob("news"u8);
        },
        [nameof(Opcode.StreamTail)] = buffer => new StreamTailRequest
        {
            Credits = 10,
            From = new StreamPosition(PositionKind.End, 0),
            Stream = "log"u8,
        }.Write(buffer),
        [nameof(Opcode.GroupJoin)] = buffer =>
            new GroupJoinRequest { Credits = 10, SessionMs = 30_000, Stream = "log"u8, Group = "g"u8 }.Write(buffer),
        [nameof(Opcode.StoreWatch)] = buffer => new WatchRequest { Credits = 10, Prefix = "k"u8 }.Write(buffer),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_subscription_without_a_rule_ends_with_the_reason_and_its_connection_goes_on(string kind)
    {
        await using SecureServer secure = await StartAsync();
        using RawPeer peer = await secure.GreetAsync(Ada);
        using RawPeer other = await secure.GreetAsync("bob");
        Opcode opcode = Enum.Parse<Opcode>(kind);
        foreach (RawPeer one in (RawPeer[])[peer, other])
        {
            Assert.Equal(FrameKind.Reply, (await one.AskAsync(opcode, 5, Openings[kind])).Header.Kind);
        }

        await secure.AllowAsync(Ada, "store read other");

        Frame end = await ReadUntilAsync(peer, frame => frame.Header.Kind == FrameKind.End);
        Assert.Equal((opcode, 5U, ErrorCode.PermissionDenied), (end.Header.Opcode, end.Header.Correlation, end.Code));
        Assert.Equal(FrameKind.Reply, (await peer.AskAsync(Opcode.Ping, 6, _ => { })).Header.Kind);
        Assert.Equal(ErrorCode.PermissionDenied, (await peer.AskAsync(opcode, 5, Openings[kind])).Code);

        // Nobody else has lost anything.
        Frame pong = await ReadUntilAsync(other, Opcode.Ping, 7);
        Assert.Equal(FrameKind.Reply, pong.Header.Kind);
    }

    [Fact]
    public async Task A_pull_that_waits_is_cancelled_and_a_rule_that_stays_keeps_it()
    {
        await using SecureServer secure = await StartAsync();
        using RawPeer ada = await secure.GreetAsync(Ada);
        using RawPeer bob = await secure.GreetAsync("bob");
        foreach (RawPeer one in (RawPeer[])[ada, bob])
        {
            await one.RequestAsync(
                Opcode.QueuePull, 5, buffer => new QueuePullRequest { MessagesMax = 1, WaitMs = 20_000, Queue = "jobs"u8 }.Write(buffer));
            Assert.Equal(FrameKind.Reply, (await one.AskAsync(Opcode.Ping, 6, _ => { })).Header.Kind);
        }

        await secure.AllowAsync(Ada, "queue write jobs");
        Assert.Equal(ErrorCode.Cancelled, (await ada.ReadAsync()).Code);
        await ada.AskAsync(Opcode.QueuePush, 7, buffer => new QueuePushRequest { Queue = "jobs"u8, Message = new() { Body = "x"u8 } }.Write(buffer));
        Frame pulled = await bob.ReadAsync();
        Assert.Equal((Opcode.QueuePull, FrameKind.Reply), (pulled.Header.Opcode, pulled.Header.Kind));
    }

    [Fact]
    public async Task A_user_that_is_removed_is_told_and_sent_away_and_nobody_else_is()
    {
        await using SecureServer secure = await StartAsync();
        using RawPeer ada = await secure.GreetAsync(Ada);
        using RawPeer bob = await secure.GreetAsync("bob");
        await secure.RemoveAsync(Ada);

        Frame bye = await ada.ReadAsync();
        Assert.Equal((Opcode.GoAway, ErrorCode.AuthenticationFailed), (bye.Header.Opcode, bye.Code));
        Assert.Null(await ada.TryReadAsync());
        Assert.Equal(FrameKind.Reply, (await bob.AskAsync(Opcode.Ping, 2, _ => { })).Header.Kind);
    }

    [Fact]
    public async Task A_will_that_may_not_be_published_any_more_is_taken_back()
    {
        await using SecureServer secure = await StartAsync();
        using RawPeer bob = await secure.GreetAsync("bob");
        await bob.AskAsync(Opcode.TopicSubscribe, 5, Openings[nameof(Opcode.TopicSubscribe)]);
        using (RawPeer ada = await secure.GreetAsync(Ada))
        {
            Frame set = await ada.AskAsync(
                Opcode.TopicWill, 2, buffer => new TopicWillRequest { Message = new TopicPublication { Topic = "news"u8 } }.Write(buffer));
            Assert.Equal(FrameKind.Reply, set.Header.Kind);
            await secure.AllowAsync(Ada, "topics read news");
            Assert.Equal(0, secure.Server.Native.Topics.Wills.Count);
        }

        await Poll.UntilAsync(() => secure.Server.Native.Clients.Count == 1);
        Assert.False(bob.HasAnswer);
    }

    [Fact]
    public async Task Rules_that_change_all_the_time_lose_no_connection_and_let_nothing_through()
    {
        await using SecureServer secure = await StartAsync();
        using RawPeer ada = await secure.GreetAsync(Ada);
        using RawPeer bob = await secure.GreetAsync("bob");
        using var stop = new CancellationTokenSource();
        Task changing = Task.Run(async () =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                await secure.AllowAsync(Ada, i % 2 == 0 ? ["store read other"] : Rules);
            }
        });

        int denied = 0;
        for (uint i = 0; i < 2_000; i++)
        {
            Frame answer = await ada.AskAsync(Opcode.StoreGet, i + 1, buffer => buffer.Write("k1"u8));
            denied += answer.Header.Kind == FrameKind.Error && answer.Code == ErrorCode.PermissionDenied ? 1 : 0;
            Frame fine = await bob.AskAsync(Opcode.StoreGet, i + 1, buffer => buffer.Write("k1"u8));
            Assert.Equal(FrameKind.Reply, fine.Header.Kind);
        }

        // Subscriptions that are opened meanwhile: none is left when the rule is gone.
        for (uint i = 0; i < 200; i++)
        {
            await ada.RequestAsync(Opcode.StoreWatch, 10_000 + i, Openings[nameof(Opcode.StoreWatch)]);
        }

        await stop.CancelAsync();
        await changing;
        await secure.AllowAsync(Ada, "store read other");
        await ReadUntilAsync(ada, Opcode.Ping, 20_000);
        await Poll.UntilAsync(() => secure.Server.Native.Store.Stats.Watchers == 0);
        Assert.InRange(denied, 1, 1_999);
    }

    private static async Task<SecureServer> StartAsync()
    {
        SecureServer secure = await SecureServer.StartAsync();
        await secure.AllowAsync((Ada, Rules), ("bob", Rules));
        using RawPeer keeper = await secure.GreetAsync(SecureServer.Operator);
        await keeper.AskAsync(Opcode.StreamCreate, 2, buffer => StreamCreateRequest.WriteStart(buffer, "log"u8));
        Frame group = await keeper.AskAsync(Opcode.GroupCreate, 3, buffer =>
            new GroupCreateRequest { Mode = GroupMode.SharedByKey, Stream = "log"u8, Group = "g"u8 }.WriteStart(buffer));
        Assert.Equal(FrameKind.Reply, group.Header.Kind);
        return secure;
    }

    private static async Task<Frame> ReadUntilAsync(RawPeer peer, Func<Frame, bool> isIt)
    {
        Frame frame = await peer.ReadAsync();
        while (!isIt(frame))
        {
            frame = await peer.ReadAsync();
        }

        return frame;
    }

    private static async Task<Frame> ReadUntilAsync(RawPeer peer, Opcode opcode, uint correlation)
    {
        await peer.RequestAsync(opcode, correlation, _ => { });
        return await ReadUntilAsync(peer, frame =>
        {
            Assert.NotEqual(FrameKind.End, correlation == 7 ? frame.Header.Kind : FrameKind.Reply);
            return frame.Header.Opcode == opcode && frame.Header.Correlation == correlation;
        });
    }
}
