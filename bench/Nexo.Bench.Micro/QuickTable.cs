namespace Nexo.Bench.Micro;

/// <summary>
/// The same commands as <see cref="StoreBenchmarks"/> in a few seconds, in processor time: also of use on a busy
/// machine.
/// </summary>
internal static class QuickTable
{
    private const int Rounds = 5;
    private const int Operations = 2_000_000;

    public static void Print()
    {
        using var benchmarks = new StoreBenchmarks();
        Measure("get", benchmarks.Get);
        Measure("set", benchmarks.Set);
        Measure("increment", () => (ulong)benchmarks.Increment());
        Measure("set with expiry", benchmarks.SetWithExpiry);
        using var logged = new StoreBenchmarks(new DiscardingLog());
        Measure("set, logged", logged.Set);
        Measure("increment, logged", () => (ulong)logged.Increment());
    }

    private static void Measure(string name, Func<ulong> command)
    {
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < Operations; i++)
            {
                command();
            }

            best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalNanoseconds / Operations);
        }

        Console.WriteLine($"{name,-17} {best,8:F1} ns");
    }
}
