using System.Net.Sockets;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>A frame that the client sent.</summary>
internal sealed record ReceivedFrame(FrameHeader Header, byte[] HeaderBlock, byte[] Body)
{
    public Opcode Opcode => Header.Opcode;

    public uint Correlation => Header.Correlation;
}

/// <summary>The server's end of one connection.</summary>
internal sealed class FakePeer(Socket socket)
{
    private readonly byte[] _buffer = new byte[1 << 20];
    private int _start;
    private int _end;
    private bool _dropped;

    /// <summary>Bytes that have arrived and were not read.</summary>
    public int Available => socket.Available;

    public async Task<HelloRequest> ReadHelloAsync()
    {
        while (_end - _start < 4)
        {
            Assert.True(await FillAsync(), "closed before the preface");
        }

        Assert.Equal("NEXO"u8.ToArray(), _buffer[_start..(_start + 4)]);
        _start += 4;
        ReceivedFrame frame = await ReadAsync();
        Assert.Equal(Opcode.Hello, frame.Opcode);
        Assert.Equal(FrameKind.Request, frame.Header.Kind);
        Assert.True(HelloRequest.TryRead(frame.Body, out HelloRequest? hello));
        Assert.Equal(1u, frame.Correlation);
        return hello!;
    }

    public async Task ShakeHandsAsync(HelloReply? hello = null)
    {
        await ReadHelloAsync();
        await SendAsync(buffer => (hello ?? FakeServer.DefaultHello).WriteFrame(buffer, 1));
    }

    /// <summary>The next frame.</summary>
    public async Task<ReceivedFrame> ReadAsync() =>
        await TryReadAsync() ?? throw new InvalidOperationException("The client closed the connection.");

    /// <summary>The next frame, or null when the client has closed.</summary>
    public async Task<ReceivedFrame?> TryReadAsync()
    {
        while (true)
        {
            FrameStatus status =
                FrameHeader.TryRead(_buffer.AsSpan(_start, _end - _start), 1 << 20, out FrameHeader header);
            if (status == FrameStatus.Complete)
            {
                byte[] body = _buffer[(_start + FrameHeader.Size)..(_start + header.TotalSize)];
                _start += header.TotalSize;
                if ((header.Flags & FrameFlags.Headers) == 0)
                {
                    return new ReceivedFrame(header, [], body);
                }

                Assert.True(HeaderBlock.TrySplit(body, out ReadOnlySpan<byte> block, out ReadOnlySpan<byte> rest));
                return new ReceivedFrame(header, block.ToArray(), rest.ToArray());
            }

            Assert.True(status is FrameStatus.NeedHeader or FrameStatus.NeedBody, $"{status}");
            if (!await FillAsync())
            {
                return null;
            }
        }
    }

    public async Task<ReceivedFrame> ReadAsync(Opcode expected)
    {
        ReceivedFrame frame = await ReadAsync();
        Assert.Equal(expected, frame.Opcode);
        return frame;
    }

    /// <summary>Waits for the client to close.</summary>
    public async Task ReadToEndAsync()
    {
        while (await TryReadAsync() is not null)
        {
        }
    }

    public Task ReplyAsync(ReceivedFrame request, Action<FrameBuffer>? body = null) =>
        SendAsync(buffer => WriteReply(buffer, request, body));

    public Task FailAsync(ReceivedFrame request, ErrorCode code, string message = "no") =>
        SendAsync(buffer => ErrorBody.WriteFrame(
            buffer, request.Opcode, FrameKind.Error, request.Correlation, code, message));

    public Task GoAwayAsync(ErrorCode code = ErrorCode.ShuttingDown) =>
        SendAsync(buffer => ErrorBody.WriteFrame(buffer, Opcode.GoAway, FrameKind.Notice, 0, code, "bye"));

    public Task PushAsync(ReceivedFrame watch, StoreChange change, string key, ulong version) =>
        SendAsync(buffer =>
            new WatchPush { Change = change, Key = System.Text.Encoding.UTF8.GetBytes(key), Version = version }
            .WriteFrame(buffer, watch.Correlation));

    public async Task SendAsync(Action<FrameBuffer> write)
    {
        using var buffer = new FrameBuffer();
        write(buffer);
        await SendRawAsync(buffer.Written);
    }

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes, int pieceBytes = int.MaxValue)
    {
        while (!bytes.IsEmpty)
        {
            int piece = Math.Min(pieceBytes, bytes.Length);
            bytes = bytes[await socket.SendAsync(bytes[..piece]).AsTask().WaitAsync(Patience.Limit)..];
        }
    }

    public static void WriteReply(FrameBuffer buffer, ReceivedFrame request, Action<FrameBuffer>? body = null)
    {
        buffer.Begin(request.Opcode, FrameKind.Reply, request.Correlation);
        body?.Invoke(buffer);
        buffer.End();
    }

    /// <summary>Cuts the connection, without a word.</summary>
    public void Drop()
    {
        if (_dropped)
        {
            return;
        }

        _dropped = true;
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }

    private async Task<bool> FillAsync()
    {
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        int count = await socket.ReceiveAsync(_buffer.AsMemory(_end)).AsTask().WaitAsync(Patience.Limit);
        _end += count;
        return count > 0;
    }
}
