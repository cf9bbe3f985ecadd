using System.Collections.Concurrent;
using Nexo.Engine.Topics;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;
using Nexo.Server.Mqtt.Sessions;

namespace Nexo.Server.Mqtt;

/// <summary>What the connections of MQTT have in common.</summary>
internal sealed class MqttServer(Broker broker, ClientConnections clients, MqttCounters counters)
{
    private readonly ConcurrentDictionary<MqttClientKey, MqttConnection> _byId = new();

    /// <summary>What they are connections to.</summary>
    public Broker Broker { get; } = broker;

    public ClientConnections Clients { get; } = clients;

    /// <summary>Those that outlive their connections.</summary>
    public MqttSessions Sessions { get; } = broker.MqttSessions;

    public MqttOptions Options { get; } = broker.Options.Mqtt;

    public TopicService Topics { get; } = broker.Topics;

    /// <summary>Bytes of messages that wait for a client.</summary>
    public int WaitingBytesMax { get; } = broker.Options.Topics.OutboxBytes;

    /// <summary>The largest packet.</summary>
    public int PacketBytesMax => Clients.Options.FrameBytesMax;

    public MqttCounters Counters { get; } = counters;

    /// <summary>A client is this connection's from now on; one that it has already ends first.</summary>
    public void Take(MqttClientKey key, MqttConnection connection)
    {
        while (!_byId.TryAdd(key, connection))
        {
            if (_byId.TryGetValue(key, out MqttConnection? old))
            {
                old.TakeOver();
                Counters.CountTakenOver();
                Leave(key, old);
            }
        }
    }

    /// <summary>A connection has ended.</summary>
    public void Leave(MqttClientKey key, MqttConnection connection) => _byId.TryRemove(KeyValuePair.Create(key, connection));
}

/// <summary>Who a client is: its identifier is its user's own.</summary>
internal readonly record struct MqttClientKey(string User, string ClientId);
