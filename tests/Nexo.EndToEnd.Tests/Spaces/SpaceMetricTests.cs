using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Nexo.Client;
using Nexo.Server.Observability;

namespace Nexo.EndToEnd.Tests.Spaces;

public sealed class SpaceMetricTests
{
    [Fact]
    public async Task Figures_are_sums_over_all_namespaces_and_those_of_a_name_say_whose_it_is()
    {
        await using TestServer server = await TestServer.StartAsync(SpaceServer.WithSpaces);
        await using NexoClient one = await server.ConnectAsync(SpaceServer.Shop);
        await using NexoClient other = await server.ConnectAsync();
        await one.Store.SetAsync("a", 1);
        await other.Store.SetAsync("a", 1);
        await other.Store.SetAsync("b", 1);
        for (int i = 0; i < 3; i++)
        {
            await one.Queue<int>("jobs").PushAsync(i);
        }

        await other.Queue<int>("jobs").PushAsync(7);

        string[] lines = server.Services.GetRequiredService<NexoMetrics>().Scrape().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, Value("nexo_store_entries"));
        Assert.Equal(4, Value("nexo_queue_ready"));
        string[] named = [.. lines.Where(line => line.Contains("namespace=\"", StringComparison.Ordinal)
            && line.Contains("\"jobs\"", StringComparison.Ordinal) && line.StartsWith("nexo_per_queue_ready{", StringComparison.Ordinal))];
        Assert.Equal(3, named.Where(line => line.Contains("\"shop\"", StringComparison.Ordinal)).Select(Number).Single());
        Assert.Equal(1, named.Where(line => line.Contains("\"default\"", StringComparison.Ordinal)).Select(Number).Single());

        // What is told twice under one name is no text of Prometheus.
        string[] series = [.. lines.Where(line => line[0] != '#').Select(line => line[..line.LastIndexOf(' ')])];
        Assert.Equal(series.Length, series.Distinct().Count());

        double Value(string name) => Number(lines.Single(line => line.StartsWith($"{name} ", StringComparison.Ordinal)));
    }

    private static double Number(string line) => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
}
