using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Data;
using Nexo.Protocol;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Compaction by key, as a real server does it by itself.</summary>
public sealed class StreamCompactionTests
{
    private const int Keys = 8;
    private const int Bytes = 16_000;
    private const int Together = 20;
    private const int RecordsMax = 20_000;

    [Fact]
    public async Task A_stream_on_disk_is_compacted_after_snapshots_and_is_the_same_after_a_power_loss()
    {
        var disk = new SimulatedDisk(1);
        Dictionary<string, string> last;
        long left;
        await using (TestServer server = await DurableServer.StartAsync(disk))
        {
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            NexoStream<string> stream = client.Stream<string>("s");
            StreamCreation made = await stream.CreateAsync(new() { Compaction = true, TombstoneRetention = TimeSpan.FromHours(2) });
            Assert.Equal((true, TimeSpan.FromHours(2)), (made.Definition.Options.Compaction, made.Definition.Options.TombstoneRetention));
            NexoException refused = await Assert.ThrowsAsync<NexoException>(async () => await stream.AppendAsync("x"));
            Assert.Equal(ErrorCode.KeyInvalid, refused.Code);
            last = await FillAsync(stream, () => server.Native.Streams.Totals.Segments > 4);
            for (int i = 0; i < 3; i++)
            {
                await client.Admin.SnapshotAsync();
                await stream.AppendAsync(last["k0"], new() { Key = "k0" });
            }

            await Poll.UntilAsync(() => server.Native.Streams.Totals.Compacted > 100);
            StreamStats stats = await stream.StatsAsync();
            Assert.True(stats.SavedBytes > 100 * Bytes && stats.CompactedAt is not null, $"{stats}");
            left = await CheckAsync(stream, last);
            Assert.Equal(stats.Appended - stats.Compacted, left);
            CliResult shown = await new CliSession(server.Url).Run(["stream", "show", "s", "--json"]);
            Assert.Equal(stats.SavedBytes, shown.Json.GetProperty("saved_bytes").GetInt64());
            Assert.Equal(7_200_000, shown.Json.GetProperty("tombstone_retention_ms").GetInt64());
            disk = disk.Crash(3);
        }

        await using TestServer again = await DurableServer.StartAsync(disk);
        await using NexoClient reader = await NexoClient.ConnectAsync(again.Url);
        Assert.Equal(left, await CheckAsync(reader.Stream<string>("s"), last));
        Assert.True((await reader.Stream<string>("s").StatsAsync()).SavedBytes > 100 * Bytes, "and what it saved is known");
    }

    [Fact]
    public async Task In_memory_it_is_compacted_while_it_is_written_and_tailed_and_a_group_goes_on_over_the_gaps()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        NexoStream<string> stream = client.Stream<string>("s");
        await stream.CreateAsync(new() { Compaction = true });
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var seen = new Dictionary<string, string>();
        Task tailing = TailAsync();
        Dictionary<string, string> last = await FillAsync(stream, () => server.Native.Streams.Totals.Compacted > 100);
        await stream.AppendAsync("end", new() { Key = "end" }, over.Token);
        last["end"] = "end";
        await tailing;
        Assert.Equal(last, seen);
        await CheckAsync(stream, last);

        async Task TailAsync()
        {
            ulong next = 0;
            await foreach (StreamRecord<string> record in stream.TailAsync(new() { From = StreamFrom.Beginning }, over.Token))
            {
                Assert.True(record.Offset >= next, "it goes forward");
                next = record.Offset + 1;
                seen[record.Key!.Value.ToString()] = record.Value;
                if (record.Value == "end")
                {
                    return;
                }
            }
        }
    }

    // Not all at once: files are ended now and then.
    private static async Task<Dictionary<string, string>> FillAsync(NexoStream<string> stream, Func<bool> isEnough)
    {
        var last = new Dictionary<string, string>();
        for (int i = 0; i % Together != 0 || !isEnough(); i++)
        {
            Assert.True(i < RecordsMax, "it is enough at last");
            string key = $"k{i % Keys}";
            last[key] = $"{i} {new string('x', Bytes)}";
            await stream.AppendAsync(last[key], new() { Key = key });
            if (i % Together == 0)
            {
                await Task.Delay(100);
            }
        }

        return last;
    }

    // How many records there are, of which the last of each key is the right one.
    private static async Task<long> CheckAsync(NexoStream<string> stream, Dictionary<string, string> last)
    {
        long count = 0;
        var found = new Dictionary<string, string>();
        await foreach (StreamRecord<string> record in stream.ReadAsync(new() { From = StreamFrom.Beginning }))
        {
            found[record.Key!.Value.ToString()] = record.Value;
            count++;
        }

        Assert.Equal(last, found);
        return count;
    }
}
