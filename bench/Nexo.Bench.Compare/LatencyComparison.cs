using System.Globalization;
using System.Text.Json;

namespace Nexo.Bench.Compare;

/// <summary>
/// Latency under a load that does not wait for answers: first each server's peak in a closed loop, then an open loop at a
/// share of its own peak, and one at the same share of the first server's, so at the same load. One generator for all.
/// </summary>
internal sealed class LatencyComparison(LoadGenerator generator, IReadOnlyList<StoreContender> contenders, double share)
{
    private readonly List<Sample> _samples = [];

    public async Task RunAsync(Work work, int rounds, double seconds, CancellationToken cancel)
    {
        Console.WriteLine(
            $"{work}, {work.Clients} connections, open loop at {share:P0} of the peak (own, then {contenders[0].Name}'s)");
        Console.WriteLine($"{"round",-7}{"server",-14}{"load",-8}{"ops/s",12}{"p50 µs",10}{"p99 µs",10}{"p99.9 µs",10}");
        for (int round = 1; round <= rounds; round++)
        {
            double first = 0;
            foreach (StoreContender contender in contenders)
            {
                await using ServerProcess server = await ServerProcess.StartAsync(contender, cancel);
                string url = contender.Url(server.Port);
                JsonElement closed = await generator.RunAsync(url, work, seconds, ["--prefill", "true"], cancel);
                double peak = closed.GetProperty("ops_per_second").GetDouble();
                first = first == 0 ? peak : first;
                await MeasureAsync(round, contender.Name, "own", url, work, peak, seconds, cancel);
                await MeasureAsync(round, contender.Name, "same", url, work, first, seconds, cancel);
            }
        }

        PrintRatios("own");
        PrintRatios("same");
    }

    private async Task MeasureAsync(
        int round, string name, string load, string url, Work work, double peak, double seconds, CancellationToken cancel)
    {
        string rate = (peak * share).ToString("F0", CultureInfo.InvariantCulture);
        JsonElement open = await generator.RunAsync(
            url, work, seconds, ["--prefill", "false", "--rate", rate], cancel);
        var sample = new Sample(
            name, load, Figure(open, "ops_per_second"), Figure(open, "p50_us"), Figure(open, "p99_us"), Figure(open, "p999_us"));
        _samples.Add(sample);
        Print($"{round}", sample);
    }

    private void PrintRatios(string load)
    {
        Sample[] medians = [.. contenders.Select(contender => Median(contender.Name, load))];
        foreach (Sample median in medians)
        {
            Print("median", median);
        }

        foreach (Sample median in medians.Skip(1))
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{load}: {median.Name} / {medians[0].Name}: load {median.Rate / medians[0].Rate:F2}, "
                + $"p50 {median.P50 / medians[0].P50:F2}, p99 {median.P99 / medians[0].P99:F2}, "
                + $"p99.9 {median.P999 / medians[0].P999:F2}"));
        }
    }

    private Sample Median(string name, string load)
    {
        Sample[] rounds = [.. _samples.Where(sample => sample.Name == name && sample.Load == load)];
        double Middle(Func<Sample, double> figure) => rounds.Select(figure).Order().ElementAt(rounds.Length / 2);
        return new Sample(name, load, Middle(s => s.Rate), Middle(s => s.P50), Middle(s => s.P99), Middle(s => s.P999));
    }

    private static void Print(string round, Sample sample) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{round,-7}{sample.Name,-14}{sample.Load,-8}{sample.Rate,12:N0}{sample.P50,10:N0}{sample.P99,10:N0}{sample.P999,10:N0}"));

    private static double Figure(JsonElement result, string name) => result.GetProperty(name).GetDouble();

    private sealed record Sample(string Name, string Load, double Rate, double P50, double P99, double P999);
}
