using Nexo.Cli.Bench;
using Nexo.Cli.Bench.Topics;

namespace Nexo.Bench.Compare.Topics;

/// <summary>The servers with topics that can be compared, by name. None of them is stopped by a bound of its own.</summary>
internal static class TopicContenders
{
    public const string Names = "nats,mosquitto,nexo";

    /// <summary>Those of the names whose server is installed; what is left out is said.</summary>
    /// <param name="names">Separated by commas.</param>
    /// <param name="binary">Nexo's; null: <c>out/nexo</c>, published first if it is not there.</param>
    /// <param name="bounded">Whether Nexo keeps the bounds on what waits for a subscription that it has by default.</param>
    public static async Task<IReadOnlyList<TopicContender>> FindAsync(
        string names, string? binary, bool bounded, CancellationToken cancel)
    {
        string? nexo = await NexoIfAskedAsync(names, binary, cancel);
        return await InstalledAsync(names, name => name switch
        {
            "nats" => Nats(name),
            "mosquitto" => Mosquitto(name),
            "nexo" => Nexo(name, nexo!, bounded),
            _ => throw new CompareFailure($"There is no server \"{name}\"; there are {Names}."),
        });
    }

    /// <summary>Nexo's binary if it is among the names, else null.</summary>
    public static async Task<string?> NexoIfAskedAsync(string names, string? binary, CancellationToken cancel) =>
        Split(names).Contains("nexo") ? await Contenders.NexoBinaryAsync(binary, cancel) : null;

    /// <summary>Those of the names, separated by commas, for which there is a server; the others are said to be left out.</summary>
    public static async Task<IReadOnlyList<TopicContender>> InstalledAsync(string names, Func<string, TopicContender?> find)
    {
        var found = new List<TopicContender>();
        foreach (string name in Split(names))
        {
            if (find(name) is { } contender)
            {
                found.Add(contender);
            }
            else
            {
                await Console.Error.WriteLineAsync($"{name}: not installed, left out");
            }
        }

        return found.Count > 0 ? found : throw new CompareFailure("None of these servers is installed.");
    }

    /// <summary>The core server. A slow consumer may be 1 GB behind before it is cut off.</summary>
    public static TopicContender? Nats(string name) => Tool.Find("nats-server") is not { } program
        ? null
        : new TopicContender(
            name,
            "nats",
            _ => new NatsDialect(),
            (port, folder) => [program, "-c", Configuration(folder, $"""
                listen: "127.0.0.1:{port}"
                max_pending: 1GB
                write_deadline: "60s"
                """)]);

    /// <summary>With QoS 0, nothing kept and nothing logged.</summary>
    /// <param name="oncePerClient">Whether a client gets a message once that several of its filters match; that is to be looked up.</param>
    public static TopicContender? Mosquitto(string name, bool oncePerClient = false) => Find("mosquitto") is not { } program
        ? null
        : new TopicContender(
            name,
            "mqtt",
            _ => new MqttDialect(),
            (port, folder) => [program, "-c", Configuration(folder, $"""
                listener {port} 127.0.0.1
                allow_anonymous true
                persistence false
                log_dest none
                max_queued_messages 0
                max_queued_bytes 0
                allow_duplicate_messages {(oncePerClient ? "false" : "true")}
                set_tcp_nodelay true
                """)]);

    private static TopicContender Nexo(string name, string binary, bool bounded) => new(
        name,
        "nexo",
        server => new NexoTopicDialect(BenchFrames.BytesMaxOf(server)),
        (port, _) =>
        [
            binary, "serve", "--port", $"{port}", "--http-port", $"{ServerProcess.FreePort()}", "--data", "none",
            "--set", "connections.send-stall=60s",
            .. bounded ? (string[])[] : ["--set", "topics.outbox-bytes=64mb", "--set", "topics.buffered-bytes-max=1gb"],
        ])
    {
        Ready = " ready in ",
        IsNexo = true,
    };

    // Debian puts it where only administrators look.
    private static string? Find(string program) =>
        Tool.Find(program) ?? (File.Exists($"/usr/sbin/{program}") ? $"/usr/sbin/{program}" : null);

    public static string Configuration(string folder, string text)
    {
        string path = Path.Combine(folder, "server.conf");
        File.WriteAllText(path, text + "\n");
        return path;
    }

    private static string[] Split(string names) =>
        names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
