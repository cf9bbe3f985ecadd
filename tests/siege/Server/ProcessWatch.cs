using System.Globalization;

namespace Nexo.Siege.Server;

/// <summary>What <c>/proc</c> says of a server while something goes on: ten times a second.</summary>
internal sealed class ProcessWatch : IAsyncDisposable
{
    private const double TicksPerSecond = 100;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    private readonly int _id;
    private readonly CancellationTokenSource _stop = new();
    private readonly double _cpuAtStart;
    private readonly Task _watching;

    public ProcessWatch(int id)
    {
        _id = id;
        _cpuAtStart = CpuSecondsOf(id);
        ResidentAtStart = ResidentOf(id);
        DescriptorsAtStart = DescriptorsOf(id);
        _watching = WatchAsync();
    }

    public long ResidentAtStart { get; }

    public int DescriptorsAtStart { get; }

    public long ResidentMax { get; private set; }

    public int DescriptorsMax { get; private set; }

    /// <summary>User and system time since the start.</summary>
    public double CpuSeconds => CpuSecondsOf(_id) - _cpuAtStart;

    public static long ResidentOf(int id)
    {
        string line = File.ReadLines($"/proc/{id}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1_024;
    }

    public static int DescriptorsOf(int id) => Directory.EnumerateFileSystemEntries($"/proc/{id}/fd").Count();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                ResidentMax = Math.Max(ResidentMax, ResidentOf(_id));
                DescriptorsMax = Math.Max(DescriptorsMax, DescriptorsOf(_id));
                await Task.Delay(Between, _stop.Token);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException or InvalidOperationException)
        {
            // Nobody wants to know any more, or the process is gone.
        }
    }

    private static double CpuSecondsOf(int id)
    {
        string stat = File.ReadAllText($"/proc/{id}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture))
            / TicksPerSecond;
    }
}
