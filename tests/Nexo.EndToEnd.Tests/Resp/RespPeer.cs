using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>A client that sends commands as they are given and shows replies as text, of both versions.</summary>
internal sealed class RespPeer : IAsyncDisposable
{
    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly byte[] _block = new byte[16 * 1_024];
    private NetworkStream _stream = null!;
    private int _at;
    private int _end;

    public static async Task<RespPeer> ConnectAsync(int port)
    {
        var peer = new RespPeer();
        await peer._client.ConnectAsync("127.0.0.1", port);
        peer._stream = peer._client.GetStream();
        peer._stream.ReadTimeout = 20_000;
        return peer;
    }

    public static Task<RespPeer> ConnectAsync(TestServer server) => ConnectAsync(server.RespPort);

    public static byte[] Encode(params string[] words)
    {
        var text = new StringBuilder($"*{words.Length}\r\n");
        foreach (string word in words)
        {
            text.Append(CultureInfo.InvariantCulture, $"${word.Length}\r\n{word}\r\n");
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    public Task SendAsync(params string[] words) => _stream.WriteAsync(Encode(words)).AsTask();

    public Task SendRawAsync(byte[] bytes) => _stream.WriteAsync(bytes).AsTask();

    /// <summary>Sends a line of words, parted by blanks, and reads its reply.</summary>
    public Task<string> CallAsync(string line) => CallWordsAsync(line.Split(' '));

    public async Task<string> CallWordsAsync(params string[] words)
    {
        await SendAsync(words);
        return await ReadAsync();
    }

    /// <summary>The next reply: <c>+OK</c>, <c>-ERR …</c>, <c>:1</c>, <c>"text"</c>, <c>nil</c>, <c>[a, b]</c>, <c>{k: v}</c>.</summary>
    public async Task<string> ReadAsync()
    {
        string line = await ReadLineAsync();
        int count = line[0] is '*' or '%' or '~' or '>' or '$' or '=' ? int.Parse(line[1..], CultureInfo.InvariantCulture) : 0;
        switch (line[0])
        {
            case '$' or '=' when count < 0:
            case '*' when count < 0:
            case '_':
                return "nil";
            case '$':
                return $"\"{await ReadBulkAsync(count)}\"";
            case '=':
                return $"\"{(await ReadBulkAsync(count))[4..]}\"";
            case '*':
                return $"[{await ReadManyAsync(count)}]";
            case '~':
                return $"~[{await ReadManyAsync(count)}]";
            case '>':
                return $">[{await ReadManyAsync(count)}]";
            case '%':
                return $"{{{await ReadManyAsync(2 * count)}}}";
            default:
                return line;
        }
    }

    /// <summary>True when the server has ended the connection.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            return await _stream.ReadAsync(_block) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public async Task<bool> HasNothingAsync(int ms)
    {
        await Task.Delay(ms);
        return _at == _end && !_stream.DataAvailable;
    }

    public ValueTask DisposeAsync()
    {
        _stream.Dispose();
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> ReadManyAsync(int count)
    {
        var items = new List<string>();
        for (int i = 0; i < count; i++)
        {
            items.Add(await ReadAsync());
        }

        return string.Join(", ", items);
    }

    private async Task<string> ReadBulkAsync(int length)
    {
        var text = new StringBuilder();
        for (int i = 0; i < length + 2; i++)
        {
            text.Append((char)await ReadByteAsync());
        }

        return text.ToString(0, length);
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            char next = (char)await ReadByteAsync();
            if (next == '\n')
            {
                return line.ToString(0, line.Length - 1);
            }

            line.Append(next);
        }
    }

    private async ValueTask<byte> ReadByteAsync()
    {
        if (_at == _end)
        {
            _at = 0;
            _end = await _stream.ReadAsync(_block).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
            if (_end == 0)
            {
                throw new EndOfStreamException("The server has ended the connection.");
            }
        }

        return _block[_at++];
    }
}
