using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Native;

/// <summary>Kestrel's entry to the native protocol: one call per accepted connection, which ends with it.</summary>
internal sealed class NativeConnectionHandler(NativeServer server) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) =>
        server.Clients.ServeAsync(new NativeConnection(connection, server));
}
