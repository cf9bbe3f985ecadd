using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nexo.Cli.Tests.Bench;

/// <summary>A RESP server of a few lines: PING, AUTH, GET and SET. Its replies leave a byte at a time if a test says so.</summary>
internal sealed class ScriptedResp : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, byte[]> _values = new();
    private readonly ConcurrentBag<Task> _serving = [];
    private readonly Task _accepting;

    public ScriptedResp()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public string? Password { get; init; }

    /// <summary>Every so many bytes of a reply are a packet of their own; 0: all at once.</summary>
    public int PieceBytes { get; init; }

    /// <summary>What is answered instead of the right thing.</summary>
    public Func<string, string?>? Instead { get; init; }

    public IReadOnlyDictionary<string, byte[]> Values => _values;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_serving);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync()));
            }
        }
        catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        client.NoDelay = true;
        using (client)
        {
            try
            {
                await using var stream = new BufferedStream(client.GetStream());
                while (await ReadLineAsync(stream) is { } line)
                {
                    string[] arguments = new string[int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture)];
                    for (int i = 0; i < arguments.Length; i++)
                    {
                        int size = int.Parse((await ReadLineAsync(stream)).AsSpan(1), CultureInfo.InvariantCulture);
                        byte[] argument = new byte[size + 2];
                        await stream.ReadExactlyAsync(argument);
                        arguments[i] = Encoding.Latin1.GetString(argument, 0, size);
                    }

                    await SendAsync(client, Encoding.Latin1.GetBytes(Instead?.Invoke(arguments[0]) ?? Answer(arguments)));
                }
            }
            catch (IOException)
            {
                // The client has what it wanted.
            }
        }
    }

    private async Task SendAsync(TcpClient client, byte[] reply)
    {
        foreach (byte[] piece in reply.Chunk(PieceBytes == 0 ? reply.Length : PieceBytes))
        {
            await client.GetStream().WriteAsync(piece);
        }
    }

    private string Answer(string[] arguments)
    {
        switch (arguments[0])
        {
            case "PING":
                return "+PONG\r\n";
            case "AUTH":
                return arguments[^1] == Password ? "+OK\r\n" : "-WRONGPASS no\r\n";
            case "SET":
                _values[arguments[1]] = Encoding.Latin1.GetBytes(arguments[2]);
                return "+OK\r\n";
            case "GET" when _values.TryGetValue(arguments[1], out byte[]? value):
                return $"${value.Length}\r\n{Encoding.Latin1.GetString(value)}\r\n";
            case "GET":
                return "$-1\r\n";
            default:
                return "-ERR unknown command\r\n";
        }
    }

    private static async Task<string?> ReadLineAsync(Stream stream)
    {
        var line = new StringBuilder();
        byte[] next = new byte[1];
        while (await stream.ReadAsync(next) == 1)
        {
            if (next[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)next[0]);
        }

        return null;
    }
}
