using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
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
    private const int SetReplyBytes = FrameHeader.Size + SetReply.FixedSize;

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
            pipes.Exchange(sets);
            pipes.Exchange(gets);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Batches; i++)
        {
            pipes.Exchange(sets);
            pipes.Exchange(gets);
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
            await pipes.ExchangeHeldAsync(sets);
        }

        long allocated = 0;
        for (int i = 0; i < Batches; i++)
        {
            allocated += await pipes.ExchangeHeldAsync(sets);
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

    /// <summary>A connection of the real server over pipes that run everything on the caller's thread.</summary>
    private sealed class InlinePipes : IAsyncDisposable
    {
        private readonly Pipe _toServer = new(Options());
        private readonly Pipe _toClient = new(Options());
        private readonly Task _running;

        public InlinePipes(NativeServer server)
        {
            var transport = new Duplex(_toServer.Reader, _toClient.Writer);
            var application = new Duplex(_toClient.Reader, _toServer.Writer);
            var context = new DefaultConnectionContext("inline", transport, application);
            _running = new NativeConnectionHandler(server).OnConnectedAsync(context);
        }

        public async Task GreetAsync()
        {
            using var hello = new FrameBuffer();
            hello.AppendFrames(ProtocolVersion.Preface);
            new HelloRequest().WriteFrame(hello, 1);
            await _toServer.Writer.WriteAsync(hello.Written);
            ReadResult read = await _toClient.Reader.ReadAsync();
            _toClient.Reader.AdvanceTo(read.Buffer.End);
        }

        public void Exchange(byte[] requests)
        {
            ValueTask<FlushResult> flush = _toServer.Writer.WriteAsync(requests);
            Assert.True(flush.IsCompletedSuccessfully);
            Assert.True(_toClient.Reader.TryRead(out ReadResult read));
            int replies = 0;
            Span<byte> head = stackalloc byte[FrameHeader.Size];
            for (ReadOnlySequence<byte> rest = read.Buffer; !rest.IsEmpty; replies++)
            {
                rest.Slice(0, FrameHeader.Size).CopyTo(head);
                FrameHeader.TryRead(head, int.MaxValue, out FrameHeader header);
                Assert.True(header.Kind == FrameKind.Reply);
                rest = rest.Slice(header.TotalSize);
            }

            _toClient.Reader.AdvanceTo(read.Buffer.End);
            Assert.True(replies == RequestsPerBatch);
        }

        /// <summary>Waits for the replies; says what was allocated until the server had taken the requests.</summary>
        public async Task<long> ExchangeHeldAsync(byte[] requests)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            ValueTask<FlushResult> flush = _toServer.Writer.WriteAsync(requests);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(flush.IsCompletedSuccessfully);
            long received = 0;
            while (received < RequestsPerBatch * SetReplyBytes)
            {
                ReadResult read = await _toClient.Reader.ReadAsync();
                received += read.Buffer.Length;
                _toClient.Reader.AdvanceTo(read.Buffer.End);
            }

            return allocated;
        }

        public async ValueTask DisposeAsync()
        {
            await _toServer.Writer.CompleteAsync();
            await _running;
        }

        private static PipeOptions Options() => new(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
