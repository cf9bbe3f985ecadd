using System.Buffers.Binary;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

public sealed class SlicedRequestTests
{
    private const int Keys = 300_000;
    private const int KeysPerRequest = 1_000;

    [Fact]
    public async Task A_long_count_holds_up_nothing_behind_it_and_comes_when_it_is_done()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await FilledAsync(server);
        await peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.StoreCount, FrameKind.Request, 2);
            buffer.End();
            buffer.Begin(Opcode.Ping, FrameKind.Request, 3);
            buffer.End();
        });

        Assert.Equal(3u, (await peer.ReadAsync()).Header.Correlation);
        Frame count = await peer.ReadAsync();
        Assert.Equal(2u, count.Header.Correlation);
        Assert.True(CountReply.TryRead(count.Body, out CountReply reply));
        Assert.Equal(Keys, reply.Count);
    }

    [Fact]
    public async Task A_cancelled_clear_is_answered_once_and_its_correlation_is_free_again()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await FilledAsync(server);
        await peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.StoreClear, FrameKind.Request, 2);
            buffer.End();
            buffer.Begin(Opcode.Cancel, FrameKind.Notice, 2);
            buffer.End();
        });

        Frame answer = await peer.ReadAsync();
        Assert.Equal(2u, answer.Header.Correlation);
        Assert.Equal(ErrorCode.Cancelled, answer.Code);
        Assert.Equal(2u, (await peer.AskAsync(Opcode.Ping, 2, _ => { })).Header.Correlation);
        Assert.InRange(server.Native.Store.Stats.Entries, 1, Keys);
    }

    [Fact]
    public async Task A_client_that_leaves_takes_its_long_work_with_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        RawPeer peer = await FilledAsync(server);
        await peer.RequestAsync(Opcode.StoreClear, 2, _ => { });
        peer.Dispose();

        await Poll.UntilAsync(() => server.Native.Clients.Count == 0);
        long left = server.Native.Store.Stats.Entries;
        await Task.Delay(50);
        Assert.Equal(left, server.Native.Store.Stats.Entries);
    }

    private static async Task<RawPeer> FilledAsync(TestServer server)
    {
        RawPeer peer = await RawPeer.GreetAsync(server);
        byte[] key = new byte[sizeof(int)];
        for (int first = 0; first < Keys; first += KeysPerRequest)
        {
            Frame frame = await peer.AskAsync(Opcode.StoreMultiSet, 1, buffer =>
            {
                MultiSetRequest.WriteStart(buffer, default, KeysPerRequest);
                for (int i = 0; i < KeysPerRequest; i++)
                {
                    BinaryPrimitives.WriteInt32BigEndian(key, first + i);
                    PairList.WriteItem(buffer, key, "v"u8);
                }
            });
            Assert.Equal(FrameKind.Reply, frame.Header.Kind);
        }

        return peer;
    }
}
