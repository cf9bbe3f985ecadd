using Microsoft.Extensions.Logging;
using Nexo.Engine.Memory;
using Nexo.Server.Connections;
using Nexo.Server.Mqtt;
using Nexo.Server.Observability;
using Nexo.Server.Security;

namespace Nexo.Server.Brokers;

/// <summary>What all brokers of the process share.</summary>
internal sealed record BrokerSurroundings(
    NexoServerOptions Options,
    ClientConnections Clients,
    MqttCounters Mqtt,
    MemoryCap Cap,
    UserDirectory Users,
    AuditLog Audit,
    FactBoard Facts,
    TimeProvider Time,
    ILoggerFactory Logs);
