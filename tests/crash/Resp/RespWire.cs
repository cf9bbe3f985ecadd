using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Nexo.Crash.Wire;

namespace Nexo.Crash.Resp;

/// <summary>A connection of RESP2 with nothing behind it, to know what was said: nothing is sent twice, nobody reconnects.</summary>
internal sealed class RespWire : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly MemoryStream _pending = new();
    private Stream _stream = Stream.Null;
    private BufferedStream _buffered = new(Stream.Null);

    /// <exception cref="WireEndedException">The server is gone.</exception>
    public static async Task<RespWire> OpenAsync(int port, CancellationToken cancel)
    {
        var wire = new RespWire();
        try
        {
            await wire._client.ConnectAsync(IPAddress.Loopback, port, cancel);
            wire._stream = wire._client.GetStream();
            wire._buffered = new BufferedStream(wire._stream, 16 * 1_024);
            return wire;
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            wire.Dispose();
            throw new WireEndedException(failure.Message, failure);
        }
        catch
        {
            wire.Dispose();
            throw;
        }
    }

    /// <summary>Puts a command behind those that are to be sent.</summary>
    public void Write(params IReadOnlyList<string> words)
    {
        Append($"*{words.Count}\r\n");
        foreach (string word in words)
        {
            Append($"${Encoding.Latin1.GetByteCount(word)}\r\n{word}\r\n");
        }
    }

    /// <exception cref="WireEndedException">The server is gone.</exception>
    public async Task FlushAsync(CancellationToken cancel)
    {
        try
        {
            await _stream.WriteAsync(_pending.GetBuffer().AsMemory(0, (int)_pending.Length), cancel);
            _pending.SetLength(0);
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException)
        {
            throw new WireEndedException(failure.Message, failure);
        }
    }

    /// <summary>Sends a command and reads its answer; nothing else may be under way.</summary>
    public async Task<RespReply> AskAsync(CancellationToken cancel, params IReadOnlyList<string> words)
    {
        Write(words);
        await FlushAsync(cancel);
        return await ReadAsync(cancel);
    }

    /// <exception cref="WireEndedException">The server is gone, or says nothing.</exception>
    public async Task<RespReply> ReadAsync(CancellationToken cancel)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        late.CancelAfter(AnswerWithin);
        try
        {
            return await ReadReplyAsync(late.Token);
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException)
        {
            throw new WireEndedException(failure.Message, failure);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new WireEndedException($"nothing came for {AnswerWithin.TotalSeconds} s");
        }
    }

    public void Dispose()
    {
        _buffered.Dispose();
        _stream.Dispose();
        _client.Dispose();
        _pending.Dispose();
    }

    private void Append(string text) => _pending.Write(Encoding.Latin1.GetBytes(text));

    private async Task<RespReply> ReadReplyAsync(CancellationToken cancel)
    {
        string line = await ReadLineAsync(cancel);
        char kind = line[0];
        string rest = line[1..];
        if (kind is not ('$' or '*'))
        {
            return new RespReply(kind, rest, []);
        }

        int length = int.Parse(rest, CultureInfo.InvariantCulture);
        if (length < 0)
        {
            return RespReply.Null;
        }

        if (kind == '*')
        {
            var items = new RespReply[length];
            for (int i = 0; i < length; i++)
            {
                items[i] = await ReadReplyAsync(cancel);
            }

            return RespReply.Array(items);
        }

        byte[] bytes = new byte[length + 2];
        await _buffered.ReadExactlyAsync(bytes, cancel);
        return RespReply.Bulk(Encoding.Latin1.GetString(bytes, 0, length));
    }

    private async Task<string> ReadLineAsync(CancellationToken cancel)
    {
        var line = new StringBuilder();
        byte[] one = new byte[1];
        while (true)
        {
            await _buffered.ReadExactlyAsync(one, cancel);
            if (one[0] == (byte)'\n' && line.Length > 1)
            {
                return line.ToString(0, line.Length - 1);
            }

            line.Append((char)one[0]);
        }
    }
}
