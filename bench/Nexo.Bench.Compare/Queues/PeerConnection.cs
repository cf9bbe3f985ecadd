using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// A blocking connection for a protocol of lines, counted blocks or frames. It belongs to one thread. What is written
/// waits for <see cref="Flush"/>; what is read is valid until the next read.
/// </summary>
internal sealed class PeerConnection : IDisposable
{
    private const int BufferBytes = 64 * 1_024;
    private const int NumberBytesMax = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);
    private static readonly int PatienceMax = (int)(TimeSpan.FromSeconds(30) / Patience);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
        ReceiveTimeout = (int)Patience.TotalMilliseconds,
    };

    private readonly ArrayBufferWriter<byte> _output = new(BufferBytes);
    private byte[] _input = new byte[BufferBytes];
    private int _start;
    private int _end;

    public PeerConnection(int port) => _socket.Connect(IPAddress.Loopback, port);

    /// <summary>Bytes that have arrived and are not read.</summary>
    public int Buffered => _end - _start;

    public void Write(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    public void Write(string ascii) => Encoding.ASCII.GetBytes(ascii, _output);

    public void WriteNumber(long number)
    {
        Utf8Formatter.TryFormat(number, _output.GetSpan(NumberBytesMax), out int written);
        _output.Advance(written);
    }

    public void Flush()
    {
        ReadOnlySpan<byte> rest = _output.WrittenSpan;
        while (!rest.IsEmpty)
        {
            rest = rest[_socket.Send(rest)..];
        }

        _output.ResetWrittenCount();
    }

    /// <summary>Whether something is there to be read; waits for it a quarter of a second.</summary>
    public bool WaitForInput() => Buffered > 0 || TryFill();

    /// <summary>The same, but for so long.</summary>
    public bool WaitForInput(TimeSpan wait) => Buffered > 0 || _socket.Poll(wait, SelectMode.SelectRead);

    /// <summary>The next line, without its CR LF.</summary>
    public ReadOnlySpan<byte> ReadLine()
    {
        int searched = 0;
        while (true)
        {
            int at = _input.AsSpan(_start + searched, Buffered - searched).IndexOf("\r\n"u8);
            if (at >= 0)
            {
                ReadOnlySpan<byte> line = _input.AsSpan(_start, searched + at);
                _start += searched + at + 2;
                return line;
            }

            searched = Math.Max(0, Buffered - 1);
            Fill();
        }
    }

    /// <summary>So many bytes; the CR LF behind them is skipped.</summary>
    public ReadOnlySpan<byte> ReadBlock(int bytes) => Read(bytes + 2)[..bytes];

    /// <summary>So many bytes.</summary>
    public ReadOnlySpan<byte> Read(int bytes)
    {
        while (Buffered < bytes)
        {
            Fill();
        }

        ReadOnlySpan<byte> read = _input.AsSpan(_start, bytes);
        _start += bytes;
        return read;
    }

    /// <summary>Ends the comparison unless the next line begins so.</summary>
    public ReadOnlySpan<byte> Expect(ReadOnlySpan<byte> prefix)
    {
        ReadOnlySpan<byte> line = ReadLine();
        return line.StartsWith(prefix) ? line : throw Unexpected(line);
    }

    public static CompareFailure Unexpected(ReadOnlySpan<byte> line) => new($"A server said: {Encoding.UTF8.GetString(line)}");

    public void Dispose() => _socket.Dispose();

    private void Fill()
    {
        for (int i = 0; i < PatienceMax; i++)
        {
            if (TryFill())
            {
                return;
            }
        }

        throw new CompareFailure($"No answer came within {PatienceMax * Patience.TotalSeconds:0} s.");
    }

    private bool TryFill()
    {
        if (_end == _input.Length)
        {
            MakeRoom();
        }

        int received = _socket.Receive(_input.AsSpan(_end), SocketFlags.None, out SocketError error);
        if (error is SocketError.TimedOut or SocketError.WouldBlock)
        {
            return false;
        }

        if (received == 0)
        {
            throw new CompareFailure($"A server closed the connection ({error}).");
        }

        _end += received;
        return true;
    }

    private void MakeRoom()
    {
        if (_start == 0)
        {
            Array.Resize(ref _input, 2 * _input.Length);
            return;
        }

        _input.AsSpan(_start, Buffered).CopyTo(_input);
        _end -= _start;
        _start = 0;
    }
}
