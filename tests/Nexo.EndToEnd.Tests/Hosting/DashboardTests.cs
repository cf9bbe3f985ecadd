using System.Text.Json;
using System.Text.RegularExpressions;
using Nexo.EndToEnd.Tests.House;
using Nexo.Engine.Queues;
using Nexo.Engine.Streams;
using Nexo.Server;

namespace Nexo.EndToEnd.Tests.Hosting;

/// <summary>The dashboard for Grafana asks for metrics that a server has, and its panels do not lie on each other.</summary>
public sealed partial class DashboardTests
{
    private const string Dashboard = "packaging/grafana/nexo.json";
    private const string OwnId = "nexo-overview";
    private const int Columns = 24;

    [Fact]
    public async Task Every_metric_of_the_dashboard_is_scraped_from_a_server()
    {
        string folder = Directory.CreateTempSubdirectory("nexo-dashboard-").FullName;
        try
        {
            await using TestServer server = await TestServer.StartAsync(options => options with
            {
                Network = options.Network with { HttpPort = NetworkOptions.PortAny },
                DataDirectory = folder,
            });
            server.Native.Queues.Declare("jobs"u8, new QueueOptionSet(), out _);
            server.Native.Streams.Create("events"u8, new StreamOptionSet(), out _);
            server.Native.Streams.CreateGroup(
                "events"u8, "readers"u8, StreamGroupMode.Ordered, default, new StreamGroupOptionSet(), out _);
            using var http = new HttpClient();
            string scraped = await http.GetStringAsync(new Uri(new Uri(server.HttpUrl!), "/metrics"));
            HashSet<string> known = [.. Metric().Matches(scraped).Select(match => match.Value)];
            string[] asked = [.. Metric().Matches(Repository.Read(Dashboard)).Select(match => match.Value).Distinct()];
            Assert.True(asked.Length > 50);
            Assert.Empty(asked.Except(known));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Panels_have_ids_of_their_own_and_places_of_their_own()
    {
        using JsonDocument dashboard = JsonDocument.Parse(Repository.Read(Dashboard));
        JsonElement[] panels = [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()];
        Assert.Equal(OwnId, dashboard.RootElement.GetProperty("uid").GetString());
        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        var taken = new HashSet<(int X, int Y)>();
        foreach (JsonElement place in panels.Select(panel => panel.GetProperty("gridPos")))
        {
            int right = place.GetProperty("x").GetInt32() + place.GetProperty("w").GetInt32();
            int bottom = place.GetProperty("y").GetInt32() + place.GetProperty("h").GetInt32();
            Assert.InRange(right, 1, Columns);
            for (int x = place.GetProperty("x").GetInt32(); x < right; x++)
            {
                for (int y = place.GetProperty("y").GetInt32(); y < bottom; y++)
                {
                    Assert.True(taken.Add((x, y)), $"two panels at {x}, {y}");
                }
            }
        }
    }

    [GeneratedRegex("nexo_[a-z_]+")]
    private static partial Regex Metric();
}
