using System.Text.Json;
using Nexo.Cli.Tests;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>The load generator checks that each message comes once and in order: so these prove the server as well.</summary>
public sealed class BenchTests
{
    [Theory]
    [InlineData("--subscribers", "20")]
    [InlineData("--subscribers", "5", "--publishers", "5", "--wildcard", "--topics", "20")]
    [InlineData("--subscribers", "3", "--publishers", "2", "--confirm", "--topics", "3")]
    [InlineData("--subscribers", "1", "--size", "300000", "--window", "4")]
    public async Task Nothing_is_lost_on_the_way_to_subscribers_that_keep_up(params string[] options)
    {
        await using TestServer server = await TestServer.StartAsync();
        CliResult result = await RunAsync(server, options);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        JsonElement json = result.Json;
        Assert.True(json.GetProperty("delivered").GetInt64() > 0);
        Assert.Equal((0, 0), (Number(json, "lost"), Number(json, "missed")));
        Assert.True(json.GetProperty("server_resident_bytes").GetInt64() > 0);
    }

    [Fact]
    public async Task What_a_flood_drops_is_told_to_the_message()
    {
        await using TestServer server = await TestServer.StartAsync();
        CliResult result = await RunAsync(server, "--rate", "5000000", "--subscribers", "4", "--size", "1000");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(Number(result.Json, "lost"), Number(result.Json, "missed"));
    }

    private static Task<CliResult> RunAsync(TestServer server, params string[] options) =>
        CliRunner.For(server.Url).Run(["bench", "pubsub", "--seconds", "0.5", "--json", .. options]);

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();
}
