namespace Nexo.Bench.Compare.Queues;

/// <summary>How to start a node of RabbitMQ that shares nothing with another one on this machine.</summary>
internal static class RabbitMqNode
{
    /// <summary>What it prints at the end of its start, before the number of its plug-ins.</summary>
    public const string ReadyText = " completed with ";

    // Erlang starts its port mapper as a daemon if there is none. This one is a child of the node and ends with it.
    private const string WithPortMapper =
        """setpriv --pdeathsig KILL epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 & exec "$@" """;

    /// <summary>
    /// The script turns into the node itself, with the same process id, where it believes that systemd has started it.
    /// </summary>
    public static IReadOnlyList<string> CommandLine(string program, int port, string folder) =>
    [
        "env",
        $"HOME={folder}",
        "RUNNING_UNDER_SYSTEMD=true",
        $"ERL_EPMD_PORT={ServerProcess.FreePort()}",
        "ERL_EPMD_ADDRESS=127.0.0.1",
        $"RABBITMQ_NODENAME=nexo-compare-{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",
        $"RABBITMQ_NODE_PORT={port}",
        $"RABBITMQ_DIST_PORT={ServerProcess.FreePort()}",
        $"RABBITMQ_CONF_ENV_FILE={folder}/none",
        $"RABBITMQ_CONFIG_FILE={folder}/none",
        $"RABBITMQ_ENABLED_PLUGINS_FILE={folder}/none",
        $"RABBITMQ_MNESIA_BASE={folder}",
        $"RABBITMQ_LOG_BASE={folder}",
        "RABBITMQ_LOGS=-",
        "sh", "-c", WithPortMapper, "sh", program,
    ];
}
