using System.Globalization;
using System.Text;
using Nexo.Engine.Store;
using Nexo.Server.Connections;
using Nexo.Server.Native;

namespace Nexo.Server.Resp;

/// <summary>INFO in the form that clients of Redis and their dashboards read.</summary>
internal static class RespInfo
{
    /// <summary>The Redis whose commands clients may expect; what of them is not there is in docs/redis.md.</summary>
    public const string RedisVersion = "7.2.0";

    private static readonly string[] Sections = ["server", "clients", "memory", "persistence", "stats", "replication", "cpu",
        "modules", "errorstats", "cluster", "keyspace"];

    public static string Write(RespServer server, IReadOnlyCollection<string> wanted)
    {
        bool isAll = wanted.Count == 0 || wanted.Any(name => name is "all" or "default" or "everything");
        var text = new StringBuilder();
        foreach (string section in Sections.Where(name => isAll || wanted.Contains(name)))
        {
            text.Append(text.Length == 0 ? string.Empty : "\r\n");
            text.Append(CultureInfo.InvariantCulture, $"# {char.ToUpperInvariant(section[0])}{section[1..]}\r\n");
            foreach ((string name, string value) in Facts(server, section))
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}:{value}\r\n");
            }
        }

        return text.ToString();
    }

    private static IEnumerable<(string Name, string Value)> Facts(RespServer server, string section) => section switch
    {
        "server" => Server(server),
        "clients" => Clients(server.Clients),
        "memory" => Memory(server),
        "persistence" => Persistence(server),
        "stats" => Stats(server),
        "replication" =>
        [
            ("role", "master"), ("connected_slaves", "0"), ("master_failover_state", "no-failover"),
            ("master_replid", server.RunId), ("master_repl_offset", "0"), ("second_repl_offset", "-1"),
            ("repl_backlog_active", "0"),
        ],
        "cpu" => Cpu(),
        "cluster" => [("cluster_enabled", "0")],
        "keyspace" => Keyspace(server.Store.Stats),
        _ => [],
    };

    private static IEnumerable<(string Name, string Value)> Server(RespServer server)
    {
        TimeSpan uptime = server.Clients.Uptime;
        yield return ("redis_version", RedisVersion);
        yield return ("nexo_version", ServerFacts.ShortVersion);
        yield return ("redis_mode", "standalone");
        yield return ("os", Environment.OSVersion.VersionString);
        yield return ("arch_bits", "64");
        yield return ("process_id", Number(Environment.ProcessId));
        yield return ("run_id", server.RunId);
        yield return ("tcp_port", Number(server.Options.Resp.Port));
        yield return ("uptime_in_seconds", Number((long)uptime.TotalSeconds));
        yield return ("uptime_in_days", Number((long)uptime.TotalDays));
        yield return ("hz", "10");
        yield return ("executable", Environment.ProcessPath ?? string.Empty);
        yield return ("config_file", string.Empty);
    }

    private static IEnumerable<(string Name, string Value)> Clients(ClientConnections clients)
    {
        yield return ("connected_clients", Number(clients.Count));
        yield return ("maxclients", Number(clients.ConnectionsMax));
        yield return ("blocked_clients", Number(clients.All.Count(connection => connection is RespConnection { IsBlocked: true })));
        yield return ("pubsub_clients", Number(clients.All.Count(connection => connection is RespConnection { IsSubscriber: true })));
    }

    private static IEnumerable<(string Name, string Value)> Memory(RespServer server)
    {
        StoreStats store = server.Store.Stats;
        yield return ("used_memory", Number(store.UsedBytes));
        yield return ("used_memory_rss", Number(Environment.WorkingSet));
        yield return ("used_memory_dataset", Number(store.UsedBytes));
        yield return ("total_system_memory", Number(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes));
        yield return ("maxmemory", Number(store.MemoryBytesMax));
        yield return ("maxmemory_policy", RespConfig.PolicyOf(server));
        yield return ("mem_allocator", "nexo");
    }

    private static IEnumerable<(string Name, string Value)> Persistence(RespServer server)
    {
        yield return ("loading", "0");
        yield return ("async_loading", "0");
        yield return ("rdb_bgsave_in_progress", "0");
        yield return ("rdb_last_bgsave_status", "ok");
        yield return ("aof_enabled", server.Options.KeepsStore ? "1" : "0");
        yield return ("aof_last_write_status", server.Broker.Persistence.Log is { Failure: not null } ? "err" : "ok");
    }

    private static IEnumerable<(string Name, string Value)> Stats(RespServer server)
    {
        ConnectionTotals totals = server.Clients.Totals;
        ConnectionCounters counters = totals.Read();
        StoreStats store = server.Store.Stats;
        yield return ("total_connections_received", Number(totals.Accepted));
        yield return ("total_commands_processed", Number(counters.Requests));
        yield return ("total_net_input_bytes", Number(counters.BytesReceived));
        yield return ("total_net_output_bytes", Number(counters.BytesSent));
        yield return ("rejected_connections", Number(totals.Refused));
        yield return ("expired_keys", Number(store.Expired));
        yield return ("evicted_keys", Number(store.Evicted));
        yield return ("keyspace_hits", Number(store.Hits));
        yield return ("keyspace_misses", Number(store.Misses));
        yield return ("total_error_replies", Number(counters.Errors));
    }

    private static IEnumerable<(string Name, string Value)> Cpu()
    {
        Environment.ProcessCpuUsage usage = Environment.CpuUsage;
        yield return ("used_cpu_sys", usage.PrivilegedTime.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture));
        yield return ("used_cpu_user", usage.UserTime.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture));
    }

    private static IEnumerable<(string Name, string Value)> Keyspace(StoreStats store)
    {
        if (store.Entries > 0)
        {
            yield return ("db0", $"keys={store.Entries},expires={store.EntriesWithExpiry},avg_ttl=0");
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
