using System.Net;
using System.Net.Sockets;

namespace Nexo.Server.Settings;

/// <summary>What <c>network.bind</c> means to the sockets.</summary>
internal static class BindAddress
{
    public const string Everywhere = "*";
    public const string Localhost = "localhost";

    public static IPAddress Resolve(string bind) => bind switch
    {
        Everywhere => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
        Localhost => IPAddress.Loopback,
        _ => IPAddress.Parse(bind),
    };

    /// <summary>True when only this machine can reach the address.</summary>
    public static bool IsLoopback(string bind) => IPAddress.IsLoopback(Resolve(bind));
}
