using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Nexo.Protocol;
using Nexo.Server.Native;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>A connection of the real server over pipes that run everything on the caller's thread.</summary>
internal sealed class InlinePipes : IAsyncDisposable
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

    /// <summary>Sends requests, each of which is answered at once with a reply.</summary>
    public void Exchange(byte[] requests, int repliesExpected)
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
        Assert.True(replies == repliesExpected);
    }

    /// <summary>Waits for the replies; says what was allocated until the server had taken the requests.</summary>
    public async Task<long> ExchangeHeldAsync(byte[] requests, int replyBytes)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        ValueTask<FlushResult> flush = _toServer.Writer.WriteAsync(requests);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(flush.IsCompletedSuccessfully);
        long received = 0;
        while (received < replyBytes)
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

    /// <summary>
    /// Sends requests and copies what comes back at once; how many bytes that is. Everything runs on this thread.
    /// </summary>
    public int Exchange(ReadOnlyMemory<byte> requests, Span<byte> answers)
    {
        ValueTask<FlushResult> flush = _toServer.Writer.WriteAsync(requests);
        Assert.True(flush.IsCompletedSuccessfully);
        if (!_toClient.Reader.TryRead(out ReadResult read))
        {
            return 0;
        }

        read.Buffer.CopyTo(answers);
        int count = (int)read.Buffer.Length;
        _toClient.Reader.AdvanceTo(read.Buffer.End);
        return count;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
