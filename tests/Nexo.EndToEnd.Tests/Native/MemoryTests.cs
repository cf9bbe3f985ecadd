using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>Nothing else runs beside these: they look at the memory of the whole process.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryCollection;

[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    [Fact]
    public async Task A_thousand_claims_of_two_gigabytes_take_no_memory()
    {
        await using TestServer server = await TestServer.StartAsync();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        List<RawPeer> peers = [];
        for (int i = 0; i < 1_000; i++)
        {
            RawPeer peer = await RawPeer.ConnectAsync(server);
            await peer.SendAsync([.. "NEXO"u8, 0xFF, 0xFF, 0xFF, 0x7F, 0x01, 0x00, 0x00, 0x00]);
            peers.Add(peer);
        }

        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(grown, long.MinValue, 64L * 1_024 * 1_024);
        foreach (RawPeer peer in peers)
        {
            Assert.Equal(ErrorCode.FrameTooLarge, (await peer.ReadAsync()).Code);
            peer.Dispose();
        }

        using RawPeer other = await RawPeer.GreetAsync(server);
        Assert.Equal(FrameKind.Reply, (await other.AskAsync(Opcode.Ping, 2, _ => { })).Header.Kind);
    }

    [Fact]
    public async Task A_client_that_floods_and_never_reads_is_held_then_cut_and_others_are_served()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            Connections = options.Connections with { SendStallMs = 500, ReplyBytesMax = 1_024 * 1_024 },
        });
        using RawPeer other = await RawPeer.GreetAsync(server);
        await other.AskAsync(
            Opcode.StoreSet, 2, buffer => new SetRequest { Key = "big"u8, Value = new byte[512 * 1_024] }.Write(buffer));
        using RawPeer flood = await RawPeer.GreetAsync(server);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (uint i = 0; i < 2_000; i++)
        {
            await flood.RequestAsync(Opcode.StoreGet, i + 2, buffer => buffer.Write("big"u8));
        }

        Assert.Equal(FrameKind.Reply, (await other.AskAsync(Opcode.Ping, 3, _ => { })).Header.Kind);
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(grown, long.MinValue, 32L * 1_024 * 1_024);
        await Poll.UntilAsync(() => server.Native.Clients.Totals.Cut == 1);
        Assert.Equal(FrameKind.Reply, (await other.AskAsync(Opcode.Ping, 4, _ => { })).Header.Kind);
    }

    [Fact]
    public async Task A_watcher_with_credits_that_does_not_read_is_bounded_too()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            Connections = options.Connections with { WatchBytesMax = 1_024 * 1_024 },
        });
        using RawPeer watcher = await RawPeer.GreetAsync(server);
        await watcher.RequestAsync(
            Opcode.StoreWatch, 2, buffer => new WatchRequest { Credits = CreditNotice.CreditsMax }.Write(buffer));
        using RawPeer writer = await RawPeer.GreetAsync(server);
        byte[] key = new byte[60_000];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (uint i = 0; i < 2_000; i++)
        {
            await writer.AskAsync(Opcode.StoreSet, i, buffer => new SetRequest { Key = key }.Write(buffer));
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16L * 1_024 * 1_024);
    }
}
