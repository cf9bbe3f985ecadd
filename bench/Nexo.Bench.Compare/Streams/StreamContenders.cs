using Nexo.Bench.Compare.Queues;

namespace Nexo.Bench.Compare.Streams;

/// <summary>The streams that can be compared, by name.</summary>
internal static class StreamContenders
{
    public const string NexoPrefix = "nexo-";

    private static readonly Dictionary<string, Func<StreamContender?>> Peers = new()
    {
        ["jetstream"] = JetStream,
        ["redis-everysec"] = () => Redis("redis-everysec", Durability.Interval),
        ["redis-always"] = () => Redis("redis-always", Durability.Fsync),
        ["rabbitmq-stream"] = RabbitMq,
    };

    /// <summary>All names, as an option takes them.</summary>
    public static string Names { get; } = string.Join(',', [.. Peers.Keys, "nexo-fsync", "nexo-interval"]);

    /// <summary>Those of the names whose server is installed; what is left out is said.</summary>
    /// <param name="binary">Nexo's; null: <c>out/nexo</c>, published first if it is not there.</param>
    public static async Task<IReadOnlyList<StreamContender>> FindAsync(string names, string? binary, CancellationToken cancel)
    {
        var found = new List<StreamContender>();
        foreach (string name in names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Peers.TryGetValue(name, out Func<StreamContender?>? peer))
            {
                if (peer() is { } installed)
                {
                    found.Add(installed);
                }
                else
                {
                    await Console.Error.WriteLineAsync($"{name}: not installed, left out");
                }
            }
            else if (name.StartsWith(NexoPrefix, StringComparison.Ordinal)
                && Enum.TryParse(name[NexoPrefix.Length..], ignoreCase: true, out Durability durability))
            {
                string path = await Contenders.NexoBinaryAsync(binary, cancel);
                found.Add(new NexoStreamContender(name, path, durability));
            }
            else
            {
                throw new CompareFailure($"There is no stream \"{name}\"; there are {Names}.");
            }
        }

        return found.Count > 0 ? found : throw new CompareFailure("None of these servers is installed.");
    }

    private static PeerStreamContender? Redis(string name, Durability confirmed) => Tool.Find("redis-server") is null
        ? null
        : new PeerStreamContender(
            name,
            confirmed,
            (port, folder) => Contenders.RedisCommandLine(port, folder, confirmed),
            (connection, stream) => new RedisStreamLink(connection, stream));

    /// <summary>It confirms what the page cache has; its own sync comes two minutes later unless it is told otherwise.</summary>
    private static PeerStreamContender? JetStream() => Tool.Find("nats-server") is not { } program
        ? null
        : new PeerStreamContender(
            "jetstream",
            Durability.Interval,
            (port, folder) => [program, "-a", "127.0.0.1", "-p", $"{port}", "-js", "-sd", folder],
            (connection, stream) => new JetStreamLogLink(connection, stream));

    /// <summary>A confirm says that it is in the page cache of a majority, which is one here.</summary>
    private static PeerStreamContender? RabbitMq() => QueueContenders.RabbitMqProgram is not { } program
        ? null
        : new PeerStreamContender(
            "rabbitmq-stream",
            Durability.Interval,
            (port, folder) => RabbitMqNode.CommandLine(program, port, folder),
            (connection, stream) => new AmqpLink(connection, stream, "stream", "first"))
        {
            Ready = RabbitMqNode.ReadyText,
        };
}
