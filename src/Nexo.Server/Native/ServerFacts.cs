using System.Reflection;
using Nexo.Engine.Store;

namespace Nexo.Server.Native;

/// <summary>What INFO tells: names are dotted by room, numbers are plain decimals with their unit last in the name.</summary>
internal static class ServerFacts
{
    /// <summary>The version that this binary was built as.</summary>
    public static string Version { get; } =
        typeof(ServerFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "unknown";

    /// <summary>The same without the commit, for people.</summary>
    public static string ShortVersion { get; } = Version.Split('+')[0];

    public static IReadOnlyCollection<KeyValuePair<string, string>> Gather(NativeServer server)
    {
        ConnectionCounters counters = server.Totals.Read();
        StoreStats store = server.Store.Stats;
        return
        [
            new("server.version", Version),
            new("server.id", server.ServerId.ToString()),
            new("server.process_id", Environment.ProcessId.ToString()),
            Number("server.uptime_ms", (long)server.Uptime.TotalMilliseconds),
            Number("server.resident_bytes", Environment.WorkingSet),
            Number("server.cpu_ms", (long)Environment.CpuUsage.TotalTime.TotalMilliseconds),
            Number("connections.open", server.ConnectionCount),
            Number("connections.accepted", server.Totals.Accepted),
            Number("connections.refused", server.Totals.Refused),
            Number("connections.cut", server.Totals.Cut),
            Number("requests.total", counters.Requests),
            Number("requests.errors", counters.Errors),
            Number("network.received_bytes", counters.BytesReceived),
            Number("network.sent_bytes", counters.BytesSent),
            .. StoreFacts(store),
        ];
    }

    private static IEnumerable<KeyValuePair<string, string>> StoreFacts(StoreStats store) =>
    [
        Number("store.entries", store.Entries),
        Number("store.entries_with_expiry", store.EntriesWithExpiry),
        Number("store.used_bytes", store.UsedBytes),
        Number("store.allocated_bytes", store.AllocatedBytes),
        Number("store.memory_bytes_max", store.MemoryBytesMax),
        Number("store.hits", store.Hits),
        Number("store.misses", store.Misses),
        Number("store.sets", store.Sets),
        Number("store.deletes", store.Deletes),
        Number("store.expired", store.Expired),
        Number("store.evicted", store.Evicted),
        Number("store.refused", store.Refused),
        Number("store.watchers", store.Watchers),
        Number("store.shards", store.Shards),
    ];

    private static KeyValuePair<string, string> Number(string name, long value) => new(name, value.ToString());
}
