using System.Net;
using System.Net.Sockets;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>A server that does what the test tells it to, frame by frame.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly List<FakePeer> _peers = [];

    public FakeServer(int port = 0)
    {
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
    }

    public static HelloReply DefaultHello { get; } = new()
    {
        Version = ProtocolVersion.V1,
        ServerId = Guid.Parse("11111111-2222-3333-4444-555555555555"),
        ServerVersion = "0.1.0",
        FrameBytesMax = 1_024 * 1_024,
        InFlightMax = 256,
        KeyBytesMax = 65_536,
        ValueBytesMax = 1_000_000,
        IdleTimeoutMs = 0,
    };

    public int Port { get; }

    public string Url => $"nexo://127.0.0.1:{Port}";

    public NexoClientOptions Options => new()
    {
        Url = Url,
        ReconnectDelayMin = TimeSpan.FromMilliseconds(1),
        ReconnectDelayMax = TimeSpan.FromMilliseconds(20),
    };

    /// <summary>Accepts a connection and says nothing yet.</summary>
    public async Task<FakePeer> AcceptAsync()
    {
        Socket socket = await _listener.AcceptAsync().WaitAsync(Patience.Limit);
        socket.NoDelay = true;
        var peer = new FakePeer(socket);
        lock (_peers)
        {
            _peers.Add(peer);
        }

        return peer;
    }

    /// <summary>Accepts a connection and answers its HELLO.</summary>
    public async Task<FakePeer> AcceptReadyAsync(HelloReply? hello = null)
    {
        FakePeer peer = await AcceptAsync();
        await peer.ShakeHandsAsync(hello);
        return peer;
    }

    /// <summary>A client that is connected, and the server's end of its connection.</summary>
    public async Task<(NexoClient Client, FakePeer Peer)> ConnectAsync(
        HelloReply? hello = null, Func<NexoClientOptions, NexoClientOptions>? change = null)
    {
        NexoClientOptions options = change is null ? Options : change(Options);
        Task<NexoClient> connecting = NexoClient.ConnectAsync(options).AsTask();
        FakePeer peer = await AcceptReadyAsync(hello);
        return (await connecting.WaitAsync(Patience.Limit), peer);
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        lock (_peers)
        {
            _peers.ForEach(peer => peer.Drop());
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>How long a test waits for what must happen.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
}
