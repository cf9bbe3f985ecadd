namespace Nexo.Server.Settings;

// How much a client of MQTT may have on its way.
internal static partial class SettingCatalog
{
    private static IEnumerable<Setting> MqttConnections()
    {
        yield return Mqtt("websocket", SettingKinds.Flag, m => m.WebSocket, (m, v) => m with { WebSocket = v },
            "Whether the HTTP port takes MQTT over WebSocket, at /mqtt");
        yield return Mqtt("receive-max", SettingKinds.Integer(1, ushort.MaxValue),
            m => m.ReceiveMaximum, (m, v) => m with { ReceiveMaximum = v },
            "Messages with QoS 2 that a client may have sent and not released; MQTT 5 clients are told it");
        yield return Mqtt("in-flight-max", SettingKinds.Integer(1, ushort.MaxValue),
            m => m.InFlightMax, (m, v) => m with { InFlightMax = v },
            "Messages with QoS 1 and 2 on their way to a client that does not ask for fewer");
        yield return Mqtt("topic-aliases-max", SettingKinds.Integer(0, 1_024),
            m => m.TopicAliasesMax, (m, v) => m with { TopicAliasesMax = v },
            "Aliases of topics that a client may set, and that it is given if it takes them");
        yield return Mqtt("keep-alive-max", SettingKinds.Duration(0, KeepAliveLimitMs),
            m => m.KeepAliveMaxSeconds * 1_000, (m, v) => m with { KeepAliveMaxSeconds = v / 1_000 },
            "Longest time that a client of MQTT 5 may be silent, in whole seconds; it is told so. 0: as it likes");
    }

    private const int KeepAliveLimitMs = ushort.MaxValue * 1_000;
}
