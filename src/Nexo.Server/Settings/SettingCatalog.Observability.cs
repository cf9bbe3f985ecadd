namespace Nexo.Server.Settings;

// What is told of the server.
internal static partial class SettingCatalog
{
    private static IEnumerable<Setting> Observability()
    {
        yield return new Setting<int>("slow.threshold", SettingKinds.Duration(0, Hour),
            o => o.Slow.ThresholdMs, (o, v) => o with { Slow = o.Slow with { ThresholdMs = v } },
            "How long an operation takes that is logged as slow, kept for nexo slow, and traced; 0: none is");
        yield return new Setting<int>("metrics.objects-max", SettingKinds.Integer(0, 100_000),
            o => o.Metrics.ObjectsMax, (o, v) => o with { Metrics = o.Metrics with { ObjectsMax = v } },
            "Queues, streams and groups, each, that have metrics of their own; those of the others are told as one sum");
    }
}
