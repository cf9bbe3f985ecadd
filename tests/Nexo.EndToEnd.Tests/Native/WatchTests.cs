using System.Text;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

public sealed class WatchTests
{
    [Fact]
    public async Task Changes_under_the_prefix_are_pushed_after_the_reply_and_others_are_not()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer watcher = await RawPeer.GreetAsync(server);
        using RawPeer writer = await RawPeer.GreetAsync(server);
        Frame opened = await watcher.AskAsync(
            Opcode.StoreWatch, 5, buffer => new WatchRequest { Credits = 100, Prefix = "a:"u8 }.Write(buffer));
        Assert.Equal(FrameKind.Reply, opened.Header.Kind);

        await SetAsync(writer, "a:1");
        await SetAsync(writer, "b:1");
        await writer.AskAsync(Opcode.StoreDelete, 3, buffer => new DeleteRequest { Key = "a:1"u8 }.Write(buffer));

        Assert.Equal((StoreChange.Set, "a:1"), await ReadPushAsync(watcher));
        Assert.Equal((StoreChange.Deleted, "a:1"), await ReadPushAsync(watcher));
    }

    [Fact]
    public async Task Expiry_is_seen_without_anyone_touching_the_key()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.AskAsync(Opcode.StoreWatch, 5, buffer => new WatchRequest { Credits = 9 }.Write(buffer));
        await peer.RequestAsync(
            Opcode.StoreSet,
            6,
            buffer => new SetRequest { Key = "k"u8, Expiry = new StoreExpiry(ExpiryKind.After, 30) }.Write(buffer));

        List<StoreChange> changes = [];
        while (changes.Count < 2)
        {
            Frame frame = await peer.ReadAsync();
            if (frame.Header.Kind == FrameKind.Push)
            {
                Assert.True(WatchPush.TryRead(frame.Body, out WatchPush push));
                changes.Add(push.Change);
            }
        }

        Assert.Equal([StoreChange.Set, StoreChange.Expired], changes);
    }

    [Fact]
    public async Task Nothing_is_pushed_without_credits_and_stop_ends_the_subscription()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.AskAsync(Opcode.StoreWatch, 5, buffer => new WatchRequest { Credits = 1 }.Write(buffer));
        for (uint i = 0; i < 3; i++)
        {
            await peer.RequestAsync(Opcode.StoreSet, 10 + i, buffer => new SetRequest { Key = "k"u8 }.Write(buffer));
        }

        // The pump is another thread: its one push may come before, between or after the three replies.
        List<Frame> frames = [];
        for (int i = 0; i < 4; i++)
        {
            frames.Add(await peer.ReadAsync());
        }

        Assert.Single(frames, frame => frame.Header.Kind == FrameKind.Push);
        await peer.SendAsync(buffer => new CreditNotice(5).WriteFrame(buffer, 5));
        Assert.Equal(FrameKind.Push, (await peer.ReadAsync()).Header.Kind);
        Assert.Equal(FrameKind.Push, (await peer.ReadAsync()).Header.Kind);

        await peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.Stop, FrameKind.Notice, 5);
            buffer.End();
        });
        Frame end = await peer.ReadAsync();
        Assert.Equal((FrameKind.End, 5u, ErrorCode.None), (end.Header.Kind, end.Header.Correlation, end.Code));
    }

    [Fact]
    public async Task A_watcher_without_room_is_told_how_much_it_missed()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Connections = options.Connections with { WatchBytesMax = 200 } });
        using RawPeer watcher = await RawPeer.GreetAsync(server);
        using RawPeer writer = await RawPeer.GreetAsync(server);
        await watcher.AskAsync(Opcode.StoreWatch, 5, buffer => new WatchRequest { Credits = 0 }.Write(buffer));
        const int Written = 100;
        for (int i = 0; i < Written; i++)
        {
            await SetAsync(writer, $"key:{i:D4}");
        }

        await watcher.SendAsync(buffer => new CreditNotice(1_000).WriteFrame(buffer, 5));
        ulong told = 0;
        ulong missed = 0;
        while (told + missed < Written)
        {
            Frame frame = await watcher.ReadAsync();
            Assert.True(WatchPush.TryRead(frame.Body, out WatchPush push));
            if (push.Change == StoreChange.Missed)
            {
                missed += push.Version;
            }
            else
            {
                told++;
            }
        }

        Assert.InRange(missed, 1ul, (ulong)Written - 1);
        Assert.Equal((ulong)Written, told + missed);
    }

    [Fact]
    public async Task A_correlation_that_is_open_cannot_be_used_again_until_it_has_ended()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        static void Watch(FrameBuffer buffer) => new WatchRequest { Credits = 1 }.Write(buffer);
        await peer.AskAsync(Opcode.StoreWatch, 5, Watch);

        Assert.Equal(ErrorCode.CorrelationInUse, (await peer.AskAsync(Opcode.StoreWatch, 5, Watch)).Code);
        await peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.Stop, FrameKind.Notice, 5);
            buffer.End();
        });
        Assert.Equal(FrameKind.End, (await peer.ReadAsync()).Header.Kind);
        Assert.Equal(FrameKind.Reply, (await peer.AskAsync(Opcode.StoreWatch, 5, Watch)).Header.Kind);
    }

    [Fact]
    public async Task Subscriptions_are_bounded_per_connection()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Connections = options.Connections with { InFlightMax = 2 } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        static void Watch(FrameBuffer buffer) => new WatchRequest { Credits = 1 }.Write(buffer);
        await peer.AskAsync(Opcode.StoreWatch, 5, Watch);
        await peer.AskAsync(Opcode.StoreWatch, 6, Watch);

        Assert.Equal(ErrorCode.TooManyInFlight, (await peer.AskAsync(Opcode.StoreWatch, 7, Watch)).Code);
    }

    private static async Task SetAsync(RawPeer peer, string key)
    {
        Frame frame = await peer.AskAsync(
            Opcode.StoreSet, 2, buffer => new SetRequest { Key = Encoding.UTF8.GetBytes(key), Value = "v"u8 }.Write(buffer));
        Assert.Equal(FrameKind.Reply, frame.Header.Kind);
    }

    private static async Task<(StoreChange Change, string Key)> ReadPushAsync(RawPeer peer)
    {
        Frame frame = await peer.ReadAsync();
        Assert.Equal((FrameKind.Push, 5u), (frame.Header.Kind, frame.Header.Correlation));
        Assert.True(WatchPush.TryRead(frame.Body, out WatchPush push));
        return (push.Change, Encoding.UTF8.GetString(push.Key));
    }
}
