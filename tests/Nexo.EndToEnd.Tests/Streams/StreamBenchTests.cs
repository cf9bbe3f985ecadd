using System.Text.Json;
using Nexo.Cli.Tests;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>The load generator checks each record's offset and value: so these prove the server as well.</summary>
public sealed class StreamBenchTests
{
    private static readonly string[] Brief = ["bench", "stream", "--seconds", "0.2", "--durability", "memory", "--json"];

    [Theory]
    [InlineData("--size", "1024", "--window", "1024")]
    [InlineData("--batch", "7", "--window", "50", "--size", "16", "--producers", "2")]
    [InlineData("--streams", "5", "--producers", "3", "--readers", "2")]
    [InlineData("--streams", "2", "--readers", "5", "--rate", "3000")]
    [InlineData("--size", "300000", "--window", "8")]
    public async Task Every_record_comes_where_its_append_was_told_as_it_was_sent(params string[] options)
    {
        // However fast the machine is.
        await using TestServer server = await TestServer.StartAsync(given => given with
        {
            Streams = given.Streams with { MemoryBytesMax = 4L * 1_024 * 1_024 * 1_024 },
        });
        CliResult result = await CliRunner.For(server.Url).Run([.. Brief, .. options]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        JsonElement json = result.Json;
        foreach (string rate in (string[])
            ["append_per_second", "read_per_second", "tail_per_second", "append_mb_per_second", "read_mb_per_second"])
        {
            Assert.True(json.GetProperty(rate).GetDouble() > 0, rate);
        }

        foreach (string prefix in (string[])["", "tail_"])
        {
            double[] latencies = [.. new[] { "p50_us", "p90_us", "p99_us", "p999_us", "max_us" }
                .Select(name => json.GetProperty(prefix + name).GetDouble())];
            Assert.True(latencies[0] > 0);
            Assert.Equal(latencies.Order(), latencies);
        }

        foreach (string none in (string[])["lost", "mismatches", "errors", "extra"])
        {
            Assert.Equal(0, json.GetProperty(none).GetInt64());
        }

        long appended = json.GetProperty("appended").GetInt64();
        Assert.True(json.GetProperty("records").GetInt64() > appended && appended > 0);
        Assert.True(json.GetProperty("read").GetInt64() >= json.GetProperty("records").GetInt64());
        Assert.True(json.GetProperty("server_resident_bytes").GetInt64() > 0);
    }

    [Fact]
    public async Task A_durability_that_the_server_does_not_have_is_refused_and_no_stream_is_left()
    {
        await using TestServer server = await TestServer.StartAsync();
        CliResult result = await CliRunner.For(server.Url).Run("bench", "stream", "--durability", "fsync");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("UnsupportedDurability", result.Error, StringComparison.Ordinal);
    }
}
