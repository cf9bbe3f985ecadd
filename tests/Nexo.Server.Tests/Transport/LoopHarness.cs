using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Nexo.Server.Transport;

namespace Nexo.Server.Tests.Transport;

/// <summary>Event loops with a listener on loopback, and pairs of a client's socket with the connection that serves it.</summary>
internal sealed class LoopHarness : IAsyncDisposable
{
    private readonly Socket _listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly LoopListener _listener;
    private readonly List<LoopConnection> _connections = [];
    private readonly List<Socket> _clients = [];
    private readonly List<Task> _echoes = [];

    public LoopHarness(int loopsMax = 1)
    {
        Loops = new EventLoops(loopsMax);
        _listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listening.Listen(64);
        _listener = new LoopListener(_listening, Loops);
    }

    public EventLoops Loops { get; }

    public async Task<(Socket Client, LoopConnection Connection)> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(_listener.EndPoint);
        var connection = (LoopConnection)(await _listener.AcceptAsync())!;
        _clients.Add(client);
        _connections.Add(connection);
        return (client, connection);
    }

    /// <summary>Sends back all that comes, until the peer has ended.</summary>
    public Task Echo(IDuplexPipe connection)
    {
        Task echo = EchoAsync(connection);
        _echoes.Add(echo);
        return echo;
    }

    private static async Task EchoAsync(IDuplexPipe connection)
    {
        while (true)
        {
            ReadResult read = await connection.Input.ReadAsync();
            foreach (ReadOnlyMemory<byte> part in read.Buffer)
            {
                connection.Output.Write(part.Span);
            }

            await connection.Output.FlushAsync();
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await Task.WhenAll(_echoes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (LoopConnection connection in _connections)
        {
            await connection.DisposeAsync();
        }

        await _listener.DisposeAsync();
        _listening.Dispose();
        Loops.Dispose();
    }
}
