using System.Buffers.Text;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Nexo.Server.Pressure;

/// <summary>What the process has of memory, and what it could have.</summary>
internal interface IMachineMemory
{
    /// <summary>Memory of the machine, or of the control group that the process is in if that has less; 0: not known.</summary>
    long Total { get; }

    /// <summary>Resident memory of the process.</summary>
    long Resident { get; }
}

/// <summary>That of this machine, as Linux tells it.</summary>
/// <param name="root">Where <c>proc</c> and <c>sys</c> are.</param>
internal sealed class MachineMemory(string root = "/") : IMachineMemory, IDisposable
{
    private const int StatBytesMax = 256;
    private readonly SafeFileHandle? _statm = Open(Path.Combine(root, "proc/self/statm"));

    public long Total { get; } = Smallest([PhysicalOf(root), .. GroupLimits(root)]);

    public long Resident
    {
        get
        {
            if (_statm is null)
            {
                return Environment.WorkingSet;
            }

            // By hand, several times a second: no text and no array.
            Span<byte> text = stackalloc byte[StatBytesMax];
            ReadOnlySpan<byte> read = text[..RandomAccess.Read(_statm, text, 0)];
            int space = read.IndexOf((byte)' ');
            return Utf8Parser.TryParse(read[(space + 1)..], out long pages, out _) ? pages * Environment.SystemPageSize : 0;
        }
    }

    public void Dispose() => _statm?.Dispose();

    private static SafeFileHandle? Open(string path) => File.Exists(path) ? File.OpenHandle(path) : null;

    private static long Smallest(IEnumerable<long> limits) => limits.Where(limit => limit > 0).DefaultIfEmpty(0).Min();

    private static long PhysicalOf(string root)
    {
        string path = Path.Combine(root, "proc/meminfo");
        if (!File.Exists(path))
        {
            return GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        }

        // "MemTotal:       24682636 kB"
        string? line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith("MemTotal:", StringComparison.Ordinal));
        string[] words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return words.Length > 1 && long.TryParse(words[1], CultureInfo.InvariantCulture, out long kibibytes) ? kibibytes * 1_024 : 0;
    }

    // Those of the group and of all above it: each of them holds.
    private static IEnumerable<long> GroupLimits(string root)
    {
        string path = Path.Combine(root, "proc/self/cgroup");
        foreach (string line in File.Exists(path) ? File.ReadAllLines(path) : [])
        {
            // "0::/a/b", or with version 1 "4:memory:/a/b"
            string[] parts = line.Split(':', 3);
            if (parts.Length < 3)
            {
                continue;
            }

            bool isUnified = parts[1].Length == 0;
            if (!isUnified && !parts[1].Split(',').Contains("memory"))
            {
                continue;
            }

            string mount = Path.Combine(root, isUnified ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
            string file = isUnified ? "memory.max" : "memory.limit_in_bytes";
            foreach (string group in UpFrom(parts[2]))
            {
                yield return ReadLimit(Path.Combine(mount, group, file));
            }
        }
    }

    private static IEnumerable<string> UpFrom(string group)
    {
        string[] names = group.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int count = names.Length; count >= 0; count--)
        {
            yield return string.Join('/', names[..count]);
        }
    }

    // "max", or with version 1 a very large number, says that there is none.
    private static long ReadLimit(string path)
    {
        try
        {
            return File.Exists(path) && long.TryParse(File.ReadAllText(path).Trim(), CultureInfo.InvariantCulture, out long limit)
                ? limit
                : 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
