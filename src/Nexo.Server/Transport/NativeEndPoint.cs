using System.Net;

namespace Nexo.Server.Transport;

/// <summary>An address of the native protocol: its listener is one of the event loops'.</summary>
internal sealed class NativeEndPoint(IPAddress address, int port) : IPEndPoint(address, port);
