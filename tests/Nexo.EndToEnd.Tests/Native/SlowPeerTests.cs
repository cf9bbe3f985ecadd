using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

public sealed class SlowPeerTests
{
    [Fact]
    public async Task A_client_that_reads_slowly_but_steadily_gets_all_of_a_large_value()
    {
        const int Size = 8 * 1_024 * 1_024;
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Connections = options.Connections with { SendStallMs = 1_000 } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.AskAsync(
            Opcode.StoreSet, 2, buffer => new SetRequest { Key = "big"u8, Value = new byte[Size] }.Write(buffer));
        await peer.RequestAsync(Opcode.StoreGet, 3, buffer => buffer.Write("big"u8));

        int received = 0;
        while (received < Size)
        {
            await Task.Delay(40);
            received += await peer.ReceiveSomeAsync(128 * 1_024);
        }

        Assert.Equal(0, server.Native.Clients.Totals.Cut);
    }

    [Fact]
    public async Task Who_comes_after_the_stop_has_begun_is_told_so_and_does_not_delay_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer first = await RawPeer.GreetAsync(server);
        Task stopping = server.StopAsync();
        await first.ReadAsync();
        using RawPeer late = await RawPeer.ConnectAsync(server);

        Assert.Equal(ErrorCode.ShuttingDown, (await late.ReadAsync()).Code);
        await stopping.WaitAsync(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_refused_clear_has_deleted_nothing()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Connections = options.Connections with { InFlightMax = 1 } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.AskAsync(Opcode.StoreSet, 2, buffer => new SetRequest { Key = "k"u8 }.Write(buffer));
        await peer.AskAsync(Opcode.StoreWatch, 3, buffer => new WatchRequest { Credits = 1 }.Write(buffer));

        Assert.Equal(ErrorCode.TooManyInFlight, (await peer.AskAsync(Opcode.StoreClear, 4, _ => { })).Code);
        Assert.Equal(1, server.Native.Store.Stats.Entries);
    }

    [Fact]
    public async Task A_request_of_too_many_items_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Frame frame = await peer.AskAsync(Opcode.StoreMultiDelete, 2, buffer =>
        {
            buffer.WriteUInt32(BlobList.ItemsMax + 1);
            buffer.Write(new byte[(BlobList.ItemsMax + 1) * sizeof(uint)]);
        });

        Assert.Equal(ErrorCode.InvalidArgument, frame.Code);
    }
}
