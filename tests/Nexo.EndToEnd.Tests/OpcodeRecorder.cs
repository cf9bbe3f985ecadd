using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests;

/// <summary>Stands between a client and the server, passes everything on, and notes which opcodes the client used.</summary>
internal sealed class OpcodeRecorder : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Opcode, bool> _seen = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly int _serverPort;
    private readonly Task _accepting;

    public OpcodeRecorder(TestServer server)
    {
        _serverPort = server.Port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Url => $"nexo://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Opcodes of a broker that no client has used.</summary>
    public IEnumerable<Opcode> Missing(Func<Opcode, bool> ofBroker) =>
        Enum.GetValues<Opcode>().Where(opcode => ofBroker(opcode) && !_seen.ContainsKey(opcode));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = RelayAsync(client);
            }
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The recorder was disposed.
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using TcpClient owned = client;
        await server.ConnectAsync(IPAddress.Loopback, _serverPort);
        Task down = server.GetStream().CopyToAsync(client.GetStream(), _stop.Token);
        await PassRequestsAsync(client.GetStream(), server.GetStream());
        server.Client.Shutdown(SocketShutdown.Send);
        await down;
    }

    private async Task PassRequestsAsync(NetworkStream from, NetworkStream to)
    {
        List<byte> pending = [];
        bool isPrefaced = false;
        byte[] chunk = new byte[64 * 1_024];
        int count;
        while ((count = await from.ReadAsync(chunk, _stop.Token)) > 0)
        {
            pending.AddRange(chunk.AsSpan(0, count));
            if (!isPrefaced && pending.Count >= ProtocolVersion.Preface.Length)
            {
                pending.RemoveRange(0, ProtocolVersion.Preface.Length);
                isPrefaced = true;
            }

            while (isPrefaced
                && FrameHeader.TryRead([.. pending], int.MaxValue, out FrameHeader header) == FrameStatus.Complete)
            {
                _seen[header.Opcode] = true;
                pending.RemoveRange(0, header.TotalSize);
            }

            // Only now: what is answered has been seen.
            await to.WriteAsync(chunk.AsMemory(0, count), _stop.Token);
        }
    }
}
