using System.Globalization;
using System.Text;

namespace Nexo.Server.Resp;

/// <summary>What CONFIG GET answers: Nexo's settings under the names that clients of Redis ask for.</summary>
internal static class RespConfig
{
    /// <summary>What happens at the memory limit.</summary>
    public static string PolicyOf(RespServer server) =>
        server.Options.Store.Eviction == Engine.Store.StoreEviction.Evict ? "allkeys-lru" : "noeviction";

    public static void Get(in RespRequest request)
    {
        var found = new List<(string Name, string Value)>();
        foreach ((string name, string value) in Settings(request.Connection.Server))
        {
            for (int i = 2; i < request.Count; i++)
            {
                byte[] pattern = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(request[i]).ToLowerInvariant());
                if (RespGlob.Matches(pattern, Encoding.UTF8.GetBytes(name)))
                {
                    found.Add((name, value));
                    break;
                }
            }
        }

        request.Reply.Map(found.Count);
        foreach ((string name, string value) in found)
        {
            request.Reply.Bulk(name);
            request.Reply.Bulk(value);
        }
    }

    private static IEnumerable<(string Name, string Value)> Settings(RespServer server)
    {
        NexoServerOptions options = server.Options;
        yield return ("appendfsync", server.WritesWait ? "always" : "everysec");
        yield return ("appendonly", options.KeepsStore ? "yes" : "no");
        yield return ("bind", options.Network.Bind);
        yield return ("databases", "1");
        yield return ("dir", options.DataDirectory is null ? string.Empty : Path.GetFullPath(options.DataDirectory));
        yield return ("maxclients", Number(options.Connections.ConnectionsMax));
        yield return ("maxmemory", Number(options.Store.MaxMemory));
        yield return ("maxmemory-policy", PolicyOf(server));
        yield return ("notify-keyspace-events", string.Empty);
        yield return ("port", Number(options.Resp.Port));
        yield return ("proto-max-bulk-len", Number(options.Connections.FrameBytesMax));
        yield return ("replica-read-only", "yes");
        yield return ("requirepass", string.Empty);
        yield return ("save", string.Empty);
        yield return ("slave-read-only", "yes");
        yield return ("tcp-keepalive", "300");
        yield return ("timeout", "0");
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
