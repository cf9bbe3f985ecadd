using System.Globalization;

namespace Nexo.Siege.Memory;

/// <summary>
/// A control group that a server can be put into, with so much memory; of version 2 or, where that has no memory to give, version 1. Needs
/// root.
/// </summary>
internal sealed class MemoryGroup : IDisposable
{
    private readonly string _path;
    private readonly bool _isUnified;

    private MemoryGroup(string path, bool isUnified)
    {
        _path = path;
        _isUnified = isUnified;
    }

    public string Kind => _isUnified ? "cgroup v2" : "cgroup v1";

    /// <summary>What a server is begun with, to be in it.</summary>
    public IReadOnlyList<string> Wrapper =>
        ["/bin/sh", "-c", $"echo $$ > '{_path}/cgroup.procs' && exec \"$@\"", "sh"];

    /// <summary>How often the system has ended a process for want of memory.</summary>
    public long Killed => File.ReadLines(Path.Combine(_path, _isUnified ? "memory.events" : "memory.oom_control"))
        .Select(line => line.Split(' '))
        .Where(words => words is ["oom_kill", _])
        .Sum(words => long.Parse(words[1], CultureInfo.InvariantCulture));

    /// <summary>Null: there can be none here.</summary>
    public static MemoryGroup? TryMake(long bytes) =>
        TryMake("/sys/fs/cgroup", "memory.max", bytes, isUnified: true)
        ?? TryMake("/sys/fs/cgroup/memory", "memory.limit_in_bytes", bytes, isUnified: false);

    public void Dispose()
    {
        try
        {
            Directory.Delete(_path);
        }
        catch (IOException)
        {
            // Somebody is in it still.
        }
    }

    private static MemoryGroup? TryMake(string mount, string limit, long bytes, bool isUnified)
    {
        string path = Path.Combine(mount, $"nexo-siege-{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            if (!Directory.Exists(mount))
            {
                return null;
            }

            Directory.CreateDirectory(path);
            string file = Path.Combine(path, limit);
            if (File.Exists(file))
            {
                File.WriteAllText(file, bytes.ToString(CultureInfo.InvariantCulture));
                return new MemoryGroup(path, isUnified);
            }

            Directory.Delete(path);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
