using System.Net;
using System.Net.Sockets;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests;

/// <summary>Stands between clients and the server, and cuts all connections when it is told to; those that come later pass.</summary>
internal sealed class CutRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];
    private readonly int _serverPort;
    private readonly Task _accepting;

    public CutRelay(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Cuts, once, instead of passing on what has a request with this opcode; none: it does not.</summary>
    public Opcode CutsAt { get; set; }

    public string Url => $"nexo://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Cuts, without a word to either side.</summary>
    public void Cut()
    {
        lock (_sockets)
        {
            foreach (Socket socket in _sockets)
            {
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
                socket.Dispose();
            }

            _sockets.Clear();
        }
    }

    /// <summary>Takes no more connections.</summary>
    public void Close() => _listener.Dispose();

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync();
                var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await server.ConnectAsync(IPAddress.Loopback, _serverPort);
                lock (_sockets)
                {
                    _sockets.AddRange([client, server]);
                }

                _ = PassAsync(client, server, isRequests: true);
                _ = PassAsync(server, client, isRequests: false);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The relay was disposed.
        }
    }

    private async Task PassAsync(Socket from, Socket to, bool isRequests)
    {
        byte[] chunk = new byte[64 * 1_024];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(chunk)) > 0)
            {
                if (isRequests && CutsAt != default && HasRequest(chunk.AsSpan(0, count), CutsAt))
                {
                    CutsAt = default;
                    Cut();
                    return;
                }

                await to.SendAsync(chunk.AsMemory(0, count));
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    // [u16 opcode][u8 kind 0]: no value of these tests looks like it.
    private static bool HasRequest(ReadOnlySpan<byte> bytes, Opcode opcode) =>
        bytes.IndexOf([(byte)opcode, (byte)((int)opcode >> 8), (byte)FrameKind.Request]) >= 0;
}
