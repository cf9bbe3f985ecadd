using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>When replies leave, and in which order, with syncs that are held up.</summary>
public sealed class HeldReplyTests
{
    [Fact]
    public async Task A_write_with_fsync_is_answered_after_the_sync_and_what_follows_on_its_connection_behind_it()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        gate.Close();

        await peer.SendAsync(buffer => DurableServer.Set(buffer, 1, "k", "v", Durability.Fsync));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        await peer.SendAsync(buffer => DurableServer.OfKey(buffer, Opcode.StoreGet, 2, "k"));
        await peer.SendAsync(buffer => DurableServer.Set(buffer, 3, "m", "v", Durability.Memory));

        // Others are not held up, and see what is not on disk yet.
        await PollReadAsync(other, "m");
        Assert.False(peer.HasAnswer);
        gate.Open();

        for (uint correlation = 1; correlation <= 3; correlation++)
        {
            Frame reply = await peer.ReadAsync();
            Assert.Equal((correlation, FrameKind.Reply), (reply.Header.Correlation, reply.Header.Kind));
        }
    }

    [Fact]
    public async Task A_server_set_to_fsync_holds_writes_that_ask_for_nothing_and_lets_those_go_that_ask_for_less()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk, StoreDurability.Fsync);
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        gate.Close();

        await peer.SendAsync(buffer => DurableServer.Set(buffer, 1, "k", "v"));
        await other.SendAsync(buffer => DurableServer.Set(buffer, 1, "l", "v", Durability.Interval));
        Assert.Equal(FrameKind.Reply, (await other.ReadAsync()).Header.Kind);
        await PollReadAsync(other, "k");
        Assert.False(peer.HasAnswer);

        gate.Open();
        Assert.Equal(FrameKind.Reply, (await peer.ReadAsync()).Header.Kind);
    }

    [Fact]
    public async Task A_read_with_fsync_waits_for_what_it_saw_and_one_without_does_not()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        gate.Close();

        await other.SendAsync(buffer => DurableServer.Set(buffer, 1, "k", "v"));
        await other.ReadAsync();
        await peer.SendAsync(buffer => DurableServer.OfKey(buffer, Opcode.StoreGet, 1, "k", Durability.Fsync));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        await PollReadAsync(other, "k");
        Assert.False(peer.HasAnswer);

        gate.Open();
        Assert.True(ValueReply.TryRead((await peer.ReadAsync()).Body, out ValueReply value) && value.Found);
    }

    [Fact]
    public async Task Pipelined_writes_share_a_sync()
    {
        const int Count = 1_000;
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk, StoreDurability.Fsync);
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        long before = server.Log().Stats.Syncs;
        gate.Close();
        await peer.SendAsync(buffer => DurableServer.Set(buffer, 0, "first", "v"));
        await Poll.UntilAsync(() => gate.Waiting > 0);

        await peer.SendAsync(buffer =>
        {
            for (uint i = 1; i < Count; i++)
            {
                DurableServer.Set(buffer, i, $"k{i}", "v");
            }
        });
        await Poll.UntilAsync(() => server.Native.Store.Stats.Entries == Count);
        gate.Open();
        for (uint i = 0; i < Count; i++)
        {
            Assert.Equal(i, (await peer.ReadAsync()).Header.Correlation);
        }

        Assert.InRange(server.Log().Stats.Syncs - before, 2, 3);
    }

    [Fact]
    public async Task Counting_and_clearing_wait_too_when_they_are_asked_to()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await peer.SendAsync(buffer =>
        {
            for (uint i = 0; i < 20_000; i++)
            {
                DurableServer.Set(buffer, i, $"k{i}", "v");
            }
        });
        for (int i = 0; i < 20_000; i++)
        {
            await peer.ReadAsync();
        }

        gate.Close();
        await peer.SendAsync(buffer => DurableServer.OfKey(buffer, Opcode.StoreClear, 7, "k", Durability.Fsync));
        await Poll.UntilAsync(() => server.Native.Store.Stats.Entries == 0);
        await Poll.UntilAsync(() => gate.Waiting > 0);
        Assert.Equal(FrameKind.Reply, (await other.AskAsync(Opcode.Ping, 1, _ => { })).Header.Kind);
        Assert.False(peer.HasAnswer);

        gate.Open();
        Assert.True(CountReply.TryRead((await peer.ReadAsync()).Body, out CountReply cleared) && cleared.Count == 20_000);
    }

    [Fact]
    public async Task A_watch_pushes_nothing_before_its_own_reply()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        gate.Close();
        await peer.SendAsync(buffer =>
        {
            DurableServer.Set(buffer, 1, "k", "v", Durability.Fsync);
            buffer.Begin(Opcode.StoreWatch, FrameKind.Request, 2);
            new WatchRequest { Credits = 10, Prefix = "w"u8 }.Write(buffer);
            buffer.End();
        });
        await Poll.UntilAsync(() => server.Native.Store.Stats.Watchers == 1);
        await other.SendAsync(buffer => DurableServer.Set(buffer, 1, "w", "v"));
        await other.ReadAsync();
        Assert.False(peer.HasAnswer);
        gate.Open();

        (Opcode, FrameKind)[] frames = new (Opcode, FrameKind)[3];
        for (int i = 0; i < frames.Length; i++)
        {
            Frame frame = await peer.ReadAsync();
            frames[i] = (frame.Header.Opcode, frame.Header.Kind);
        }

        Assert.Equal(
            [
                (Opcode.StoreSet, FrameKind.Reply), (Opcode.StoreWatch, FrameKind.Reply), (Opcode.StoreWatch, FrameKind.Push),
            ],
            frames);
    }

    [Fact]
    public async Task What_waits_to_be_written_is_bounded_since_the_connection_is_not_read()
    {
        const int PendingBytesMax = 1_024 * 1_024;
        const int Count = 4_000;
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(
            disk, change: storage => storage with { PendingBytesMax = PendingBytesMax });
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        string value = new('x', 4_000);
        gate.Close();
        await peer.SendAsync(buffer => DurableServer.Set(buffer, 0, "first", value, Durability.Fsync));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        Task sending = peer.SendAsync(buffer =>
        {
            for (uint i = 1; i < Count; i++)
            {
                DurableServer.Set(buffer, i, $"k{i}", value);
            }
        });
        await Poll.UntilAsync(() => server.Log().PendingBytes > PendingBytesMax);

        // It is not read on, however long the others are served.
        for (uint i = 0; i < 100; i++)
        {
            await other.AskAsync(Opcode.Ping, i, _ => { });
        }

        Assert.InRange(server.Log().PendingBytes, PendingBytesMax, PendingBytesMax + (512 * 1_024));
        gate.Open();
        for (uint i = 0; i < Count; i++)
        {
            Assert.Equal(i, (await peer.ReadAsync()).Header.Correlation);
        }

        await sending;
    }

    [Fact]
    public async Task A_peer_that_has_hung_up_is_let_go_although_the_disk_does_not_answer()
    {
        const int PendingBytesMax = 256 * 1_024;
        var disk = new SimulatedDisk();
        await using TestServer server = await TestServer.StartAsync(options => DurableServer.On(
            options with { Connections = options.Connections with { StopGraceMs = 200 } },
            disk,
            change: storage => storage with { PendingBytesMax = PendingBytesMax }));
        using var gate = new DiskGate(disk);
        RawPeer waiting = await RawPeer.GreetAsync(server);
        RawPeer unread = await RawPeer.GreetAsync(server);
        gate.Close();
        await waiting.SendAsync(buffer => DurableServer.Set(buffer, 1, "k", "v", Durability.Fsync));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        string value = new('x', 4_000);
        await unread.SendAsync(buffer =>
        {
            for (uint i = 0; i < 80; i++)
            {
                DurableServer.Set(buffer, i, $"k{i}", value);
            }
        });
        await Poll.UntilAsync(() => server.Log().PendingBytes > PendingBytesMax);

        waiting.Dispose();
        unread.Dispose();

        await Poll.UntilAsync(() => server.Native.Clients.Count == 0);
        Assert.Equal(1, gate.Waiting);
    }

    [Fact]
    public async Task A_peer_that_sends_no_more_still_gets_what_the_disk_answers_in_time()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        gate.Close();
        await peer.SendAsync(buffer => DurableServer.Set(buffer, 1, "k", "v", Durability.Fsync));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        peer.EndSending();
        await Poll.UntilAsync(() => server.Native.Clients.All.Single().CloseReason is not null);
        gate.Open();

        Assert.Equal((1u, FrameKind.Reply), await ReplyAsync(peer));
        Assert.Null(await peer.TryReadAsync());
    }

    private static async Task<(uint Correlation, FrameKind Kind)> ReplyAsync(RawPeer peer)
    {
        Frame frame = await peer.ReadAsync();
        return (frame.Header.Correlation, frame.Header.Kind);
    }

    private static async Task PollReadAsync(RawPeer peer, string key)
    {
        bool found = false;
        for (uint i = 1_000; !found; i++)
        {
            Frame frame = await peer.AskAsync(Opcode.StoreGet, i, buffer => buffer.WriteUtf8(key));
            found = ValueReply.TryRead(frame.Body, out ValueReply value) && value.Found;
        }
    }
}
