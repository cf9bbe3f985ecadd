using System.Net;
using System.Net.Sockets;

namespace Nexo.Cli.Tests;

/// <summary>An address of this machine where nobody listens.</summary>
internal static class UnreachableServer
{
    // Bound but not listening: connections are refused, and no other test can take the port.
    private static readonly Socket Holder = Bind();

    public static string Url { get; } = $"nexo://127.0.0.1:{((IPEndPoint)Holder.LocalEndPoint!).Port}";

    private static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
