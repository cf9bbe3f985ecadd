using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Nexo.EndToEnd.Tests.Data;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Server;
using Nexo.Server.Resp;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Resp;

// Alone: a collection that other tests cause empties the array pool that the pipes of this one rent from.
[Collection(nameof(MemoryTests))]
public sealed class RespHotPathTests
{
    private const int CommandsPerBatch = 64;
    private const int Batches = 1_000;

    [Theory]
    [InlineData("SET key:{0} some-value-of-some-bytes", StoreDurability.Memory)]
    [InlineData("SET key:{0} some-value-of-some-bytes", StoreDurability.Interval)]
    [InlineData("SET key:{0} v EX 100", StoreDurability.Memory)]
    [InlineData("GET key:{0}", StoreDurability.Memory)]
    [InlineData("INCR n:{0}", StoreDurability.Memory)]
    [InlineData("DEL n:{0}", StoreDurability.Memory)]
    [InlineData("HSET h:{0} a 1 b 2", StoreDurability.Memory)]
    [InlineData("HGET h:{0} a", StoreDurability.Memory)]
    [InlineData("MGET key:{0} n:{0}", StoreDurability.Memory)]
    [InlineData("EXISTS key:{0}", StoreDurability.Memory)]
    [InlineData("PING", StoreDurability.Memory)]
    public async Task Commands_allocate_nothing_from_the_socket_to_the_socket(string line, StoreDurability durability)
    {
        await using TestServer server = await RespServers.StartAsync(
            options => DurableServer.On(options, new SimulatedDisk(), durability));
        var toServer = new Pipe(Options());
        var toClient = new Pipe(Options());
        var context = new DefaultConnectionContext(
            "inline", new Duplex(toServer.Reader, toClient.Writer), new Duplex(toClient.Reader, toServer.Writer));
        Task running = new RespConnectionHandler(server.Services.GetRequiredService<RespServer>()).OnConnectedAsync(context);
        byte[] commands =
        [
            .. Enumerable.Range(0, CommandsPerBatch).SelectMany(i => RespPeer.Encode(
                string.Format(System.Globalization.CultureInfo.InvariantCulture, line, i).Split(' '))),
        ];
        Exchange(toServer.Writer, toClient.Reader, commands);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(toServer.Writer, toClient.Reader, commands);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        await toServer.Writer.CompleteAsync();
        await running;

        Assert.InRange(allocated, 0, durability == StoreDurability.Memory ? 0 : 512);
    }

    private static void Exchange(PipeWriter toServer, PipeReader toClient, byte[] commands)
    {
        for (int i = 0; i < Batches; i++)
        {
            ValueTask<FlushResult> flush = toServer.WriteAsync(commands);
            Assert.True(flush.IsCompletedSuccessfully);
            Assert.True(toClient.TryRead(out ReadResult read));
            toClient.AdvanceTo(read.Buffer.End);
        }
    }

    private static PipeOptions Options() => new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
