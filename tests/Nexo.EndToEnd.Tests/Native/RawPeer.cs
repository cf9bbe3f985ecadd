using System.Net.Sockets;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>A peer that sends just the bytes it is told to, and reads frames with a deadline.</summary>
internal sealed class RawPeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<byte> _received = [];

    private RawPeer() => _socket.NoDelay = true;

    public static async Task<RawPeer> ConnectAsync(TestServer server)
    {
        var peer = new RawPeer();
        await peer._socket.ConnectAsync("127.0.0.1", server.Port);
        return peer;
    }

    /// <summary>Connects and says HELLO.</summary>
    public static async Task<RawPeer> GreetAsync(TestServer server, HelloRequest? hello = null)
    {
        RawPeer peer = await ConnectAsync(server);
        await peer.SendAsync(ProtocolVersion.Preface.ToArray());
        await peer.SendAsync(buffer => (hello ?? new HelloRequest { ClientName = "raw" }).WriteFrame(buffer, 1));
        Frame reply = await peer.ReadAsync();
        Assert.Equal(FrameKind.Reply, reply.Header.Kind);
        return peer;
    }

    /// <summary>True when the server has sent something that was not read yet.</summary>
    public bool HasAnswer => _socket.Available + _received.Count > 0;

    /// <summary>Its address, as the server sees it.</summary>
    public string Local => _socket.LocalEndPoint!.ToString()!;

    /// <summary>Sends no more, and reads on.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    public async Task SendAsync(byte[] bytes) => await _socket.SendAsync(bytes);

    public async Task SendAsync(Action<FrameBuffer> write)
    {
        using var buffer = new FrameBuffer();
        write(buffer);
        await _socket.SendAsync(buffer.Written);
    }

    /// <summary>Sends one request.</summary>
    public Task RequestAsync(
        Opcode opcode, uint correlation, Action<FrameBuffer> writeBody, FrameFlags flags = FrameFlags.None) =>
        SendAsync(buffer =>
        {
            buffer.Begin(opcode, FrameKind.Request, correlation, flags);
            writeBody(buffer);
            buffer.End();
        });

    /// <summary>Sends one request and reads one frame.</summary>
    public async Task<Frame> AskAsync(
        Opcode opcode, uint correlation, Action<FrameBuffer> writeBody, FrameFlags flags = FrameFlags.None)
    {
        await RequestAsync(opcode, correlation, writeBody, flags);
        return await ReadAsync();
    }

    /// <summary>The next frame; fails when the connection ends first.</summary>
    public async Task<Frame> ReadAsync() =>
        await TryReadAsync() ?? throw new InvalidOperationException("the server closed the connection");

    /// <summary>The next frame, or null when the connection has ended.</summary>
    public async Task<Frame?> TryReadAsync()
    {
        while (true)
        {
            if (TryTakeFrame(out Frame? frame))
            {
                return frame;
            }

            if (!await ReceiveAsync())
            {
                return null;
            }
        }
    }

    /// <summary>Takes at most so many bytes off the socket and forgets them; how many there were.</summary>
    public async Task<int> ReceiveSomeAsync(int bytesMax)
    {
        using var patience = new CancellationTokenSource(Patience);
        int count = await _socket.ReceiveAsync(new byte[bytesMax], patience.Token);
        Assert.NotEqual(0, count);
        return count;
    }

    /// <summary>Everything that comes until the server closes.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        while (await ReceiveAsync())
        {
        }

        return [.. _received];
    }

    public void Dispose() => _socket.Dispose();

    private bool TryTakeFrame(out Frame? frame)
    {
        frame = null;
        byte[] bytes = [.. _received];
        if (FrameHeader.TryRead(bytes, int.MaxValue, out FrameHeader header) != FrameStatus.Complete)
        {
            return false;
        }

        frame = new Frame(header, bytes[FrameHeader.Size..header.TotalSize]);
        _received.RemoveRange(0, header.TotalSize);
        return true;
    }

    private async Task<bool> ReceiveAsync()
    {
        byte[] chunk = new byte[64 * 1_024];
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            int count = await _socket.ReceiveAsync(chunk, patience.Token);
            _received.AddRange(chunk.AsSpan(0, count));
            return count > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>A received frame.</summary>
internal sealed record Frame(FrameHeader Header, byte[] Body)
{
    /// <summary>The code of an error, a GOAWAY or an end.</summary>
    public ErrorCode Code
    {
        get
        {
            Assert.True(ErrorBody.TryRead(Body, out ErrorBody error));
            return error.Code;
        }
    }

    public string Message
    {
        get
        {
            Assert.True(ErrorBody.TryRead(Body, out ErrorBody error));
            return error.MessageText;
        }
    }
}
