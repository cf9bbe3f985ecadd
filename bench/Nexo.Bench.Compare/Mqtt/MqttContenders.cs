using Nexo.Bench.Compare.Topics;
using Nexo.Cli.Bench.Topics;

namespace Nexo.Bench.Compare.Mqtt;

/// <summary>The servers that speak MQTT, by name.</summary>
internal static class MqttContenders
{
    public const string Names = "mosquitto,nats,nexo";

    public static async Task<IReadOnlyList<TopicContender>> FindAsync(string names, string? binary, CancellationToken cancel)
    {
        string? nexo = await TopicContenders.NexoIfAskedAsync(names, binary, cancel);
        return await TopicContenders.InstalledAsync(names, name => name switch
        {
            "mosquitto" => TopicContenders.Mosquitto(name),
            "nats" => Nats(name),
            "nexo" => Nexo(name, nexo!),
            _ => throw new CompareFailure($"There is no server \"{name}\"; there are {Names}."),
        });
    }

    // Its MQTT needs JetStream, on disk for what has QoS 1.
    private static TopicContender? Nats(string name) => Tool.Find("nats-server") is not { } program
        ? null
        : new TopicContender(
            name,
            "mqtt",
            _ => new MqttDialect(),
            (port, folder) => [program, "-c", TopicContenders.Configuration(folder, $$"""
                listen: "127.0.0.1:{{ServerProcess.FreePort()}}"
                server_name: "bench"
                jetstream { store_dir: "{{folder}}/js" }
                mqtt { listen: "127.0.0.1:{{port}}" }
                max_pending: 1GB
                write_deadline: "60s"
                """)]);

    private static TopicContender Nexo(string name, string binary) => new(
        name,
        "mqtt",
        _ => new MqttDialect(),
        (port, _) =>
        [
            binary, "serve", "--port", $"{ServerProcess.FreePort()}", "--http-port", $"{ServerProcess.FreePort()}",
            "--mqtt-port", $"{port}", "--data", "none", "--set", "connections.send-stall=60s",
            "--set", "topics.outbox-bytes=64mb", "--set", "topics.buffered-bytes-max=1gb",
        ])
    {
        Ready = " ready in ",
        IsNexo = true,
    };
}
