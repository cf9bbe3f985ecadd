namespace Nexo.Server.Settings;

// Backups that the server makes by itself.
internal static partial class SettingCatalog
{
    private const int BackupsMax = 10_000;

    private static IEnumerable<Setting> Backup()
    {
        yield return Backup("schedule", SettingKinds.Schedule, b => b.Schedule, (b, v) => b with { Schedule = v },
            "When the server makes a backup by itself; nothing: never");
        yield return Backup("directory", SettingKinds.FolderPath, b => b.Directory, (b, v) => b with { Directory = v },
            "Where these backups go, best on another disk; it is made when it is not there");
        yield return Backup("keep", SettingKinds.Integer(1, BackupsMax), b => b.Keep, (b, v) => b with { Keep = v },
            "How many of them are kept, of each namespace; the oldest go");
        yield return Backup("drill", SettingKinds.Flag, b => b.Drill, (b, v) => b with { Drill = v },
            "Whether each is restored to a place of its own and opened, once it is written; takes as much disk and memory as the data, "
            + "for a while");
    }

    private static Setting<T> Backup<T>(
        string key,
        SettingKind<T> kind,
        Func<BackupOptions, T> get,
        Func<BackupOptions, T, BackupOptions> set,
        string description) => new(
        $"backup.{key}", kind, o => get(o.Backup), (o, v) => o with { Backup = set(o.Backup, v) }, description);
}
