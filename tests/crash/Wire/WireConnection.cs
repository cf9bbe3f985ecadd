using System.Net;
using System.Net.Sockets;
using Nexo.Protocol;

namespace Nexo.Crash.Wire;

/// <summary>
/// One connection on which requests are written, flushed and answered by hand. It never reconnects and never repeats
/// anything: what has no answer when it ends may or may not have been carried out.
/// </summary>
internal sealed class WireConnection : IDisposable
{
    private const int FrameBytesMax = 64 * 1_024 * 1_024;

    // Whoever opens one within a flow is in the namespace of it.
    private static readonly AsyncLocal<string?> Space = new();

    private readonly Socket _socket;
    private readonly FrameBuffer _requests = new();
    private byte[] _received = new byte[64 * 1_024];
    private int _start;
    private int _end;
    private uint _correlation;

    private WireConnection(Socket socket) => _socket = socket;

    /// <summary>The namespace that connections are in which this flow opens from now on; null: the default one.</summary>
    public static string? Namespace
    {
        get => Space.Value;
        set => Space.Value = value;
    }

    /// <summary>Connects to a loopback port and says HELLO.</summary>
    public static async Task<WireConnection> OpenAsync(int port, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var connection = new WireConnection(socket);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancel);
            connection._requests.AppendFrames(ProtocolVersion.Preface);
            var hello = new HelloRequest { ClientName = "nexo-crash", Namespace = Namespace };
            hello.WriteFrame(connection._requests, connection.NextCorrelation());
            await connection.FlushAsync(cancel);
            Frame reply = await connection.ReadAsync(cancel);
            return reply.Kind == FrameKind.Reply ? connection : throw new WireEndedException(reply.ErrorText);
        }
        catch (SocketException failure)
        {
            connection.Dispose();
            throw new WireEndedException(failure.Message, failure);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Writes a request, which leaves with the next flush; gives its correlation.</summary>
    public uint Write(Opcode opcode, Durability durability, Action<FrameBuffer> body)
    {
        uint correlation = NextCorrelation();
        _requests.Begin(opcode, FrameKind.Request, correlation, durability.ToFlags());
        body(_requests);
        _requests.End();
        return correlation;
    }

    /// <summary>Failures of notices that the server has told of.</summary>
    public int Reports { get; private set; }

    /// <summary>Writes what is not answered.</summary>
    public void WriteNotice(Opcode opcode, Action<FrameBuffer> body)
    {
        _requests.Begin(opcode, FrameKind.Notice, NextCorrelation());
        body(_requests);
        _requests.End();
    }

    /// <summary>Writes a notice about a subscription, whose correlation it has.</summary>
    public void WriteNotice(Opcode opcode, uint correlation, Action<FrameBuffer> body)
    {
        _requests.Begin(opcode, FrameKind.Notice, correlation);
        body(_requests);
        _requests.End();
    }

    public async ValueTask FlushAsync(CancellationToken cancel)
    {
        try
        {
            ReadOnlyMemory<byte> rest = _requests.Written;
            while (!rest.IsEmpty)
            {
                rest = rest[await _socket.SendAsync(rest, cancel)..];
            }

            _requests.Clear();
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            throw new WireEndedException(failure.Message, failure);
        }
    }

    /// <summary>The next reply or error; pings of the server are answered on the way.</summary>
    public async ValueTask<Frame> ReadAsync(CancellationToken cancel)
    {
        while (true)
        {
            Frame frame = await ReadAnyAsync(cancel);
            if (frame.Kind is FrameKind.Reply or FrameKind.Error)
            {
                return frame;
            }
        }
    }

    /// <summary>As <see cref="ReadAsync"/>, or the next push, the end, or the state of a group, of a subscription.</summary>
    public async ValueTask<Frame> ReadAnyAsync(CancellationToken cancel)
    {
        while (true)
        {
            Frame frame = await NextFrameAsync(cancel);
            switch (frame.Kind)
            {
                case FrameKind.Reply or FrameKind.Error or FrameKind.Push or FrameKind.End:
                case FrameKind.Notice when frame.Opcode == Opcode.GroupJoin:
                    return frame;
                case FrameKind.Request when frame.Opcode == Opcode.Ping:
                    _requests.Begin(Opcode.Ping, FrameKind.Reply, frame.Correlation);
                    _requests.Write(frame.Body);
                    _requests.End();
                    await FlushAsync(cancel);
                    break;
                case FrameKind.Notice when frame.Opcode == Opcode.GoAway:
                    throw new WireEndedException($"GOAWAY {frame.ErrorText}");
                case FrameKind.Notice when frame.Opcode == Opcode.Report:
                    Reports++;
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>One request and its answer.</summary>
    public async Task<Frame> AskAsync(
        Opcode opcode, Durability durability, Action<FrameBuffer> body, CancellationToken cancel)
    {
        uint correlation = Write(opcode, durability, body);
        await FlushAsync(cancel);
        Frame frame = await ReadAsync(cancel);
        return frame.Correlation == correlation
            ? frame
            : throw new WireEndedException($"answer to {frame.Correlation}, not to {correlation}");
    }

    public void Dispose()
    {
        _socket.Dispose();
        _requests.Dispose();
    }

    private uint NextCorrelation() => ++_correlation;

    private async ValueTask<Frame> NextFrameAsync(CancellationToken cancel)
    {
        while (true)
        {
            FrameStatus status = FrameHeader.TryRead(
                _received.AsSpan(_start, _end - _start), FrameBytesMax, out FrameHeader header);
            if (status == FrameStatus.Complete)
            {
                byte[] body = _received[(_start + FrameHeader.Size)..(_start + header.TotalSize)];
                _start += header.TotalSize;
                return new Frame(header.Opcode, header.Kind, header.Correlation, body);
            }

            if (status is FrameStatus.TooLarge or FrameStatus.TooSmall)
            {
                throw new WireEndedException($"the server sent a frame that is {status}");
            }

            MakeRoom(status == FrameStatus.NeedBody ? header.TotalSize : FrameHeader.Size);
            await ReceiveAsync(cancel);
        }
    }

    private async ValueTask ReceiveAsync(CancellationToken cancel)
    {
        try
        {
            int count = await _socket.ReceiveAsync(_received.AsMemory(_end), cancel);
            _end += count > 0 ? count : throw new WireEndedException("the server closed the connection");
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            throw new WireEndedException(failure.Message, failure);
        }
    }

    private void MakeRoom(int frameSize)
    {
        int kept = _end - _start;
        if (_start > 0 && (_received.Length - _end == 0 || _received.Length - _start < frameSize))
        {
            _received.AsSpan(_start, kept).CopyTo(_received);
            _start = 0;
            _end = kept;
        }

        if (_received.Length - _start < frameSize || _end == _received.Length)
        {
            Array.Resize(ref _received, Math.Max(_received.Length * 2, _start + frameSize));
        }
    }
}
