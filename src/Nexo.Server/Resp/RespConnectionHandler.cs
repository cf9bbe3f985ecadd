using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Resp;

/// <summary>Kestrel's entry to the Redis protocol.</summary>
internal sealed class RespConnectionHandler : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection)
    {
        // Not served yet: whoever connects is told so by the end of the connection.
        connection.Abort();
        return Task.CompletedTask;
    }
}
