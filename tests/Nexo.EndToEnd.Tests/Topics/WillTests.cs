using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>What is published when a connection is lost.</summary>
public sealed class WillTests
{
    [Fact]
    public async Task A_lost_connection_leaves_its_will_as_it_was_set_last()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer watcher = await RawPeer.GreetAsync(server);
        await watcher.SubscribeAsync(7, credits: 10, ["presence/#"]);
        using (RawPeer lost = await RawPeer.GreetAsync(server))
        {
            await SetAsync(lost, "presence/1", "first");
            await SetAsync(lost, "presence/1", "second", PublishFlags.Retain);
        }

        Received will = Assert.Single(await watcher.ReadMessagesAsync(7, 1));

        Assert.Equal(("presence/1", "second"), (will.Topic, will.Body));
        Assert.Equal(1, server.Native.Topics.Stats.Retained);
        Assert.Equal(0, server.Native.Topics.Wills.Count);
    }

    [Fact]
    public async Task Who_says_that_he_goes_or_takes_it_back_leaves_none()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer watcher = await RawPeer.GreetAsync(server);
        await watcher.SubscribeAsync(7, credits: 10, ["presence/#"]);
        using RawPeer leaving = await RawPeer.GreetAsync(server);
        await SetAsync(leaving, "presence/1", "gone");
        using (RawPeer changed = await RawPeer.GreetAsync(server))
        {
            await SetAsync(changed, "presence/2", "gone");
            Assert.Equal(1, await ClearAsync(changed));
            Assert.Equal(0, await ClearAsync(changed));
        }

        await leaving.SendAsync(buffer =>
            ErrorBody.WriteFrame(buffer, Opcode.GoAway, FrameKind.Notice, 0, ErrorCode.None, string.Empty));
        await leaving.ReadToEndAsync();
        await Poll.UntilAsync(() => server.Native.Clients.Count == 1);

        // Another will, left later, comes alone.
        using (RawPeer lost = await RawPeer.GreetAsync(server))
        {
            await SetAsync(lost, "presence/3", "gone");
        }

        Assert.Equal("presence/3", Assert.Single(await watcher.ReadMessagesAsync(7, 1)).Topic);
    }

    [Fact]
    public async Task Who_comes_back_with_his_session_in_time_was_never_gone()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer watcher = await RawPeer.GreetAsync(server);
        await watcher.SubscribeAsync(7, credits: 10, ["presence/#"]);
        using (RawPeer first = await RawPeer.GreetAsync(server))
        {
            await SetAsync(first, "presence/1", "first", session: "s", delayMs: 400);
        }

        await Poll.UntilAsync(() => server.Native.Clients.Count == 1);
        using (RawPeer back = await RawPeer.GreetAsync(server))
        {
            await SetAsync(back, "presence/1", "second", session: "s", delayMs: 50);
        }

        Assert.Equal("second", Assert.Single(await watcher.ReadMessagesAsync(7, 1)).Body);
        await Task.Delay(500);
        Assert.Empty(await watcher.ReadUntilPingAsync());
    }

    [Fact]
    public async Task What_cannot_be_published_cannot_be_left_as_a_will()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);

        Assert.Equal(ErrorCode.TopicInvalid, (await TrySetAsync(peer, "a/+", "x")).Code);
        Assert.Equal(ErrorCode.TopicInvalid, (await TrySetAsync(peer, "$SYS/x", "x")).Code);
        Assert.Equal(ErrorCode.InvalidArgument, (await TrySetAsync(peer, "a", "x", session: new string('s', 65))).Code);
        Assert.Equal(ErrorCode.InvalidArgument, (await TrySetAsync(peer, "a", "x", delayMs: uint.MaxValue)).Code);
        Frame malformed = await peer.AskAsync(Opcode.TopicWill, 3, buffer => buffer.WriteUInt32(1));
        Assert.Equal(ErrorCode.Malformed, malformed.Code);
    }

    private static async Task SetAsync(
        RawPeer peer, string topic, string body, PublishFlags flags = PublishFlags.None, string session = "", uint delayMs = 0)
    {
        Frame frame = await TrySetAsync(peer, topic, body, flags, session, delayMs);
        Assert.True(frame.Header.Kind == FrameKind.Reply, frame.Header.Kind == FrameKind.Error ? frame.Message : "no reply");
    }

    private static Task<Frame> TrySetAsync(
        RawPeer peer, string topic, string body, PublishFlags flags = PublishFlags.None, string session = "", uint delayMs = 0) =>
        peer.AskAsync(Opcode.TopicWill, 3, buffer => new TopicWillRequest
        {
            DelayMs = delayMs,
            Session = TopicPeer.Bytes(session),
            Message = new TopicPublication { Topic = TopicPeer.Bytes(topic), Flags = flags, Body = TopicPeer.Bytes(body) },
        }.Write(buffer));

    private static async Task<long> ClearAsync(RawPeer peer)
    {
        Frame frame = await peer.AskAsync(Opcode.TopicWillClear, 3, _ => { });
        Assert.True(CountReply.TryRead(frame.Body, out CountReply reply));
        return reply.Count;
    }
}
