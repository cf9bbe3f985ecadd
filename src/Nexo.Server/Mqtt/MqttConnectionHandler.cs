using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Mqtt;

/// <summary>Kestrel's entry to MQTT.</summary>
internal sealed class MqttConnectionHandler : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection)
    {
        // Not served yet: whoever connects is told so by the end of the connection.
        connection.Abort();
        return Task.CompletedTask;
    }
}
