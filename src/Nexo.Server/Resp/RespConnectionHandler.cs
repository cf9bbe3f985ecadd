using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Resp;

/// <summary>Kestrel's entry to the Redis protocol: one call per accepted connection, which ends with it.</summary>
internal sealed class RespConnectionHandler(RespServer server) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) =>
        server.Clients.ServeAsync(new RespConnection(connection, server));
}
