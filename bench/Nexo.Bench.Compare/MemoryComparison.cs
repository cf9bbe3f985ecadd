using System.Globalization;

namespace Nexo.Bench.Compare;

/// <summary>Resident bytes per key: the growth of a fresh server while a million keys of 16 bytes are loaded.</summary>
internal static class MemoryComparison
{
    private const int KeyBytes = 16;

    public static async Task RunAsync(
        IReadOnlyList<StoreContender> contenders, int keys, int valueBytes, CancellationToken cancel)
    {
        Console.WriteLine($"{keys:N0} keys of {KeyBytes} B with values of {valueBytes} B");
        Console.WriteLine($"{"server",-14}{"empty MB",10}{"loaded MB",11}{"B/key",9}{"overhead",10}");
        foreach (StoreContender contender in contenders)
        {
            await using ServerProcess server = await ServerProcess.StartAsync(contender, cancel);
            long empty = server.ResidentBytes;
            await contender.LoadAsync(server.Port, keys, valueBytes, cancel);
            long loaded = server.ResidentBytes;
            double perKey = (double)(loaded - empty) / keys;
            double overhead = perKey - KeyBytes - valueBytes;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{contender.Name,-14}{empty / 1e6,10:0.0}{loaded / 1e6,11:0.0}{perKey,9:0.0}{overhead,10:0.0}"));
        }
    }
}
