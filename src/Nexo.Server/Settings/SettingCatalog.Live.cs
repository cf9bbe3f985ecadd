namespace Nexo.Server.Settings;

// What a running server takes up when its settings are reloaded.
internal static partial class SettingCatalog
{
    private static readonly HashSet<string> Live =
    [
        "connections.max", "connections.pre-auth-bytes-max", "connections.hello-timeout", "connections.ping-after-idle",
        "connections.idle-timeout", "connections.in-flight-max", "connections.reply-bytes-max", "connections.send-stall",
        "connections.watch-bytes-max", "tls.certificate", "tls.key", "tls.client-ca", "tls.client-certificates",
        "security.token-sha256", "security.users", "security.allow", "security.limits", "security.namespaces",
        "security.verify-queue-max", "security.failure-burst", "security.failure-refill", "log.level",
        "metrics.objects-max", "memory.max", "disk.max", "disk.free-min", "slow.threshold", "log.repeats-max",
    ];

    /// <summary>True when a reload puts it into force, false when a start does.</summary>
    public static bool IsLive(Setting setting) => Live.Contains(setting.Name);
}
