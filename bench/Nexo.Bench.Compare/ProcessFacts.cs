using System.Globalization;

namespace Nexo.Bench.Compare;

/// <summary>What <c>/proc</c> says of a process.</summary>
internal static class ProcessFacts
{
    /// <summary>Linux counts processor time in these; USER_HZ is 100 on every platform that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    // Places in /proc/PID/stat after the name, which ends with the last parenthesis.
    private const int UserTime = 11;
    private const int SystemTime = 12;
    private const int ChildrenUserTime = 13;
    private const int ChildrenSystemTime = 14;

    /// <summary>User and system time of all threads, in steps of 10 ms.</summary>
    public static double CpuSeconds(int processId) => Ticks($"{processId}", UserTime, SystemTime) / TicksPerSecond;

    /// <summary>The same of those children of ours that have ended: the load generators.</summary>
    public static double EndedChildrenCpuSeconds() =>
        Ticks("self", ChildrenUserTime, ChildrenSystemTime) / TicksPerSecond;

    public static long ResidentBytes(int processId) => StatusBytes(processId, "VmRSS:");

    /// <summary>The most that was ever resident.</summary>
    public static long ResidentBytesMax(int processId) => StatusBytes(processId, "VmHWM:");

    private static long StatusBytes(int processId, string label)
    {
        string line = File.ReadLines($"/proc/{processId}/status")
            .First(text => text.StartsWith(label, StringComparison.Ordinal));
        string kibibytes = line[label.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
        return long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1_024;
    }

    /// <summary>Of this process and of those children of it that have ended: all that a client costs.</summary>
    public static double ClientCpuSeconds() =>
        Environment.CpuUsage.TotalTime.TotalSeconds + EndedChildrenCpuSeconds();

    private static long Ticks(string process, int first, int second)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[first], CultureInfo.InvariantCulture)
            + long.Parse(fields[second], CultureInfo.InvariantCulture);
    }
}
