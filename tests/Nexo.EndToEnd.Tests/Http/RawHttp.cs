using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nexo.EndToEnd.Tests.Http;

/// <summary>A client of HTTP that writes byte by byte what it is told.</summary>
internal sealed class RawHttp : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public static async Task<RawHttp> ConnectAsync(TestServer server)
    {
        var peer = new RawHttp();
        await peer._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, new Uri(server.HttpUrl!).Port));
        return peer;
    }

    public async Task SendAsync(string text) => await _socket.SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task<string> ReadToEndAsync()
    {
        using var stream = new NetworkStream(_socket);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose() => _socket.Dispose();
}
