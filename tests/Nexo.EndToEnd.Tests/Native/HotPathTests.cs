using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Nexo.EndToEnd.Tests.Data;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Server.Native;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Native;

// Alone: a collection that other tests cause empties the array pool that the pipes of this one rent from.
[Collection(nameof(MemoryTests))]
public sealed class HotPathTests
{
    private const int RequestsPerBatch = 64;
    private const int Batches = 2_000;

    // The fixed part of a reply to SET, which has nothing behind it here.
    private const int RepliesBytes = RequestsPerBatch * (FrameHeader.Size + SetReply.FixedSize);

    [Theory]
    [InlineData(StoreDurability.Memory)]
    [InlineData(StoreDurability.Interval)]
    public async Task Get_and_set_allocate_nothing_from_the_socket_to_the_socket(StoreDurability durability)
    {
        await using TestServer server = await DurableServer.StartAsync(new SimulatedDisk(), durability);
        await using var pipes = new InlinePipes(server.Services.GetRequiredService<NativeServer>());
        await pipes.GreetAsync();
        byte[] sets = Encode(static (buffer, key) => new SetRequest { Key = key, Value = new byte[64] }.Write(buffer), Opcode.StoreSet);
        byte[] gets = Encode(static (buffer, key) => buffer.Write(key), Opcode.StoreGet);
        for (int i = 0; i < Batches; i++)
        {
            pipes.Exchange(sets, RequestsPerBatch);
            pipes.Exchange(gets, RequestsPerBatch);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Batches; i++)
        {
            pipes.Exchange(sets, RequestsPerBatch);
            pipes.Exchange(gets, RequestsPerBatch);
        }

        // A quarter of a million requests: what is not zero for all of them together is no request's. A lock that the log's
        // writer is met at for the first time makes its event.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, durability == StoreDurability.Memory ? 0 : 512);
    }

    [Fact]
    public async Task Replies_that_wait_for_the_disk_cost_their_connection_no_allocation()
    {
        await using TestServer server = await DurableServer.StartAsync(new SimulatedDisk(), StoreDurability.Fsync);
        await using var pipes = new InlinePipes(server.Services.GetRequiredService<NativeServer>());
        await pipes.GreetAsync();
        byte[] sets = Encode(static (buffer, key) => new SetRequest { Key = key, Value = new byte[64] }.Write(buffer), Opcode.StoreSet);
        for (int i = 0; i < Batches; i++)
        {
            await pipes.ExchangeHeldAsync(sets, RepliesBytes);
        }

        long allocated = 0;
        for (int i = 0; i < Batches; i++)
        {
            allocated += await pipes.ExchangeHeldAsync(sets, RepliesBytes);
        }

        // The array pool may let go of one or the other.
        Assert.InRange(allocated, 0, Batches);
    }

    private static byte[] Encode(WriteBody writeBody, Opcode opcode)
    {
        using var buffer = new FrameBuffer();
        for (uint i = 0; i < RequestsPerBatch; i++)
        {
            buffer.Begin(opcode, FrameKind.Request, i);
            writeBody(buffer, Encoding.ASCII.GetBytes($"key:{i:D12}"));
            buffer.End();
        }

        return buffer.Written.ToArray();
    }

    private delegate void WriteBody(FrameBuffer buffer, ReadOnlySpan<byte> key);
}
