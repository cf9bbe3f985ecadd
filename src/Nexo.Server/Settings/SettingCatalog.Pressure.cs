namespace Nexo.Server.Settings;

// What the process may take of the machine.
internal static partial class SettingCatalog
{
    private static IEnumerable<Setting> Pressure()
    {
        yield return Pressure("memory.max", SettingKinds.SizeOrAuto(32L * Mb, 1L << 43),
            p => p.MemoryMax, (p, v) => p with { MemoryMax = v },
            "Memory of the process: at four fifths of it caches and outboxes do not grow, near it what grows is refused. "
            + "0: no limit. auto: three quarters of the machine's, or of its control group's");
        yield return Pressure("disk.max", SettingKinds.Size(0, 1L << 50),
            p => p.DiskMax, (p, v) => p with { DiskMax = v },
            "What the data directory may take; near it what is to be kept is refused, and what removes passes. 0: no limit");
        yield return Pressure("disk.free-min", SettingKinds.SizeOrAuto(0, 1L << 50),
            p => p.DiskFreeMin, (p, v) => p with { DiskFreeMin = v },
            "What stays free on the disk of the data directory; with less, what is to be kept is refused. "
            + "auto: a twentieth of the disk, at most 1gb");
    }

    private static Setting<T> Pressure<T>(
        string name,
        SettingKind<T> kind,
        Func<PressureOptions, T> get,
        Func<PressureOptions, T, PressureOptions> set,
        string description) => new(
        name, kind, o => get(o.Pressure), (o, v) => o with { Pressure = set(o.Pressure, v) }, description);
}
