using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>The transport of a connection over pipes: what is not read stays with the server, to the byte.</summary>
internal sealed class LoosePipes
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Pipe _toServer = new(new PipeOptions(useSynchronizationContext: false));
    private readonly Pipe _toClient = new(new PipeOptions(useSynchronizationContext: false));

    public LoosePipes()
    {
        var transport = new Duplex(_toServer.Reader, _toClient.Writer);
        var application = new Duplex(_toClient.Reader, _toServer.Writer);
        Context = new DefaultConnectionContext("loose", transport, application);
    }

    public ConnectionContext Context { get; }

    public async Task SendAsync(Action<FrameBuffer> write)
    {
        using var buffer = new FrameBuffer();
        write(buffer);
        await _toServer.Writer.WriteAsync(buffer.Written);
    }

    public Task GreetAsync() => SendAsync(buffer =>
    {
        buffer.AppendFrames(ProtocolVersion.Preface);
        new HelloRequest().WriteFrame(buffer, 1);
    });

    /// <summary>Ends the client's side.</summary>
    public async Task CloseAsync()
    {
        await _toServer.Writer.CompleteAsync();
        await _toClient.Reader.CompleteAsync();
    }

    /// <summary>Reads until a push or an answer under this correlation brings a message with this body.</summary>
    public async Task ReadUntilAsync(uint correlation, string body)
    {
        bool found = false;
        while (!found)
        {
            Frame frame = await ReadAsync();
            bool holdsMessages = frame.Header is { Kind: FrameKind.Push } or { Opcode: Opcode.QueuePull, Kind: FrameKind.Reply };
            found = frame.Header.Correlation == correlation
                && holdsMessages
                && QueuePeer.Deliveries(frame).Exists(delivery => delivery.Body == body);
        }
    }

    /// <summary>Sums what the frames count that came with the first flush.</summary>
    public async Task<int> CountAtOnceAsync(Func<Frame, int> count)
    {
        ReadResult read = await _toClient.Reader.ReadAsync();
        byte[] bytes = read.Buffer.ToArray();
        int sum = 0;
        int at = 0;
        while (FrameHeader.TryRead(bytes.AsSpan(at), int.MaxValue, out FrameHeader header) == FrameStatus.Complete)
        {
            sum += count(new Frame(header, bytes[(at + FrameHeader.Size)..(at + header.TotalSize)]));
            at += header.TotalSize;
        }

        _toClient.Reader.AdvanceTo(read.Buffer.GetPosition(at));
        return sum;
    }

    public async Task<Frame> ReadAsync()
    {
        using var late = new CancellationTokenSource(Patience);
        while (true)
        {
            ReadResult read = await _toClient.Reader.ReadAsync(late.Token);
            byte[] bytes = read.Buffer.ToArray();
            if (FrameHeader.TryRead(bytes, int.MaxValue, out FrameHeader header) == FrameStatus.Complete)
            {
                _toClient.Reader.AdvanceTo(read.Buffer.GetPosition(header.TotalSize));
                return new Frame(header, bytes[FrameHeader.Size..header.TotalSize]);
            }

            Assert.False(read.IsCompleted);
            _toClient.Reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
