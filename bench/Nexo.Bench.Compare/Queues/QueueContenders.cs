namespace Nexo.Bench.Compare.Queues;

/// <summary>The queues that can be compared, by name.</summary>
internal static class QueueContenders
{
    public const string NexoPrefix = "nexo-";

    /// <summary>Debian wraps RabbitMQ's own script in one that changes the user and the folder; this is the former.</summary>
    private const string RabbitMqOnDebian = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    private static readonly Dictionary<string, Func<QueueContender?>> Peers = new()
    {
        ["rabbitmq-classic"] = () => RabbitMq("rabbitmq-classic", "classic"),
        ["rabbitmq-quorum"] = () => RabbitMq("rabbitmq-quorum", "quorum"),
        ["redis-always"] = () => Redis("redis-always", Durability.Fsync),
        ["beanstalkd-f0"] = () => Beanstalkd("beanstalkd-f0", Durability.Fsync, "-f0"),
        ["jetstream"] = JetStream,
        ["redis-everysec"] = () => Redis("redis-everysec", Durability.Interval),
        ["beanstalkd-f50"] = () => Beanstalkd("beanstalkd-f50", Durability.Interval, "-f50"),
    };

    /// <summary>All names, as an option takes them.</summary>
    public static string Names { get; } = string.Join(
        ',', [.. Peers.Keys, .. Enum.GetValues<Durability>().Reverse().Select(durability => NexoPrefix + Lower(durability))]);

    /// <summary>Null: RabbitMQ is not installed.</summary>
    public static string? RabbitMqProgram => File.Exists(RabbitMqOnDebian) ? RabbitMqOnDebian : Tool.Find("rabbitmq-server");

    /// <summary>Those of the names whose server is installed; what is left out is said.</summary>
    /// <param name="binary">Nexo's; null: <c>out/nexo</c>, published first if it is not there.</param>
    public static async Task<IReadOnlyList<QueueContender>> FindAsync(string names, string? binary, CancellationToken cancel)
    {
        var found = new List<QueueContender>();
        foreach (string name in names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Peers.TryGetValue(name, out Func<QueueContender?>? peer))
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
                found.Add(new NexoQueueContender(name, path, durability));
            }
            else
            {
                throw new CompareFailure($"There is no queue \"{name}\"; there are {Names}.");
            }
        }

        return found.Count > 0 ? found : throw new CompareFailure("None of these servers is installed.");
    }

    private static string Lower(Durability durability) => durability.ToString().ToLowerInvariant();

    private static PeerQueueContender? Redis(string name, Durability confirmed) => Tool.Find("redis-server") is null
        ? null
        : new PeerQueueContender(
            name,
            confirmed,
            (port, folder) => Contenders.RedisCommandLine(port, folder, confirmed),
            (connection, queue) => new RedisListLink(connection, queue));

    /// <param name="sync">Its option: how often it syncs its log; a confirm waits for that only with <c>-f0</c>.</param>
    private static PeerQueueContender? Beanstalkd(string name, Durability confirmed, string sync) =>
        Tool.Find("beanstalkd") is not { } program
            ? null
            : new PeerQueueContender(
                name,
                confirmed,
                (port, folder) => [program, "-l", "127.0.0.1", "-p", $"{port}", "-b", folder, sync],
                (connection, queue) => new BeanstalkdLink(connection, queue));

    /// <summary>It confirms what the page cache has; its own sync comes two minutes later unless it is told otherwise.</summary>
    private static PeerQueueContender? JetStream() => Tool.Find("nats-server") is not { } program
        ? null
        : new PeerQueueContender(
            "jetstream",
            Durability.Interval,
            (port, folder) => [program, "-a", "127.0.0.1", "-p", $"{port}", "-js", "-sd", folder],
            (connection, queue) => new JetStreamLink(connection, queue));

    private static PeerQueueContender? RabbitMq(string name, string type)
    {
        return RabbitMqProgram is not { } program
            ? null
            : new PeerQueueContender(
                name,
                Durability.Fsync,
                (port, folder) => RabbitMqNode.CommandLine(program, port, folder),
                (connection, queue) => new AmqpLink(connection, queue, type))
            {
                Ready = RabbitMqNode.ReadyText,
            };
    }
}
