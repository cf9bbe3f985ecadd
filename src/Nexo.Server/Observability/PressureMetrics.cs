using System.Diagnostics.Metrics;
using Nexo.Server.Pressure;

namespace Nexo.Server.Observability;

/// <summary>How much of what it may have the process takes of memory and disk.</summary>
internal static class PressureMetrics
{
    public static void Add(Meter meter, PressureWatch pressure)
    {
        MemoryPressure memory = pressure.Memory;
        DiskPressure disk = pressure.Disk;
        meter.CreateObservableGauge(
            MetricNames.MemoryLevel, () => (long)memory.Level, null,
            "0: well, 1: caches and outboxes do not grow, 2: what grows is refused");
        meter.CreateObservableGauge(MetricNames.MemoryUsed, () => memory.Used, "By", "Memory of the process, as memory.max counts it");
        meter.CreateObservableGauge(MetricNames.MemoryLimit, () => memory.Max, "By", "memory.max; 0: no limit");
        meter.CreateObservableCounter(MetricNames.MemoryRefusing, () => memory.Refusals, null, "Times that memory was used up");
        meter.CreateObservableGauge(
            MetricNames.MemoryPart,
            () => pressure.Parts.Select(part => new Measurement<long>(
                part.Use.Bytes, new KeyValuePair<string, object?>("part", part.Part))),
            "By",
            "Memory that a part has taken for itself");
        meter.CreateObservableGauge(
            MetricNames.DiskLevel, () => (long)disk.Level, null, "0: well, 1: soon used up, 2: what is to be kept is refused");
        meter.CreateObservableGauge(MetricNames.DiskUsed, () => disk.Used, "By", "What the data directory takes; 0 without disk.max");
        meter.CreateObservableGauge(MetricNames.DiskLimit, () => disk.Max, "By", "disk.max; 0: no limit");
        meter.CreateObservableGauge(
            MetricNames.DiskFree, () => disk.Free == long.MaxValue ? 0 : disk.Free, "By", "What is free on the disk of the data directory");
        meter.CreateObservableGauge(MetricNames.DiskFreeMin, () => disk.FreeMin, "By", "What has to stay free there");
    }
}
