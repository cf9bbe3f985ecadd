using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Mqtt;

/// <summary>Kestrel's entry to MQTT: one call per accepted connection, which ends with it.</summary>
internal sealed class MqttConnectionHandler(MqttServer server) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) =>
        server.Clients.ServeAsync(new MqttConnection(connection, server));
}
