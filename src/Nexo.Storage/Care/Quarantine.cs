namespace Nexo.Storage;

/// <summary>Where what cannot be used is kept; nothing there is ever read or overwritten.</summary>
internal static class Quarantine
{
    public const string Directory = "quarantine";

    /// <summary>Makes the directory, durably.</summary>
    public static void Make(IDisk disk)
    {
        disk.CreateDirectory(Directory);
        disk.SyncDirectory("");
    }

    /// <summary>A path in it that nothing has, for a file of this name.</summary>
    public static string FreePath(IDisk disk, string name)
    {
        string target = $"{Directory}/{name}";
        for (int i = 2; disk.Exists(target); i++)
        {
            target = $"{Directory}/{name}.{i}";
        }

        return target;
    }

    /// <summary>Moves a file there, and says where it is now.</summary>
    public static string Take(IDisk disk, string path)
    {
        Make(disk);
        int slash = path.LastIndexOf('/');
        string target = FreePath(disk, path[(slash + 1)..]);
        disk.Rename(path, target);
        disk.SyncDirectory(Directory);
        disk.SyncDirectory(path[..slash]);
        return target;
    }
}
