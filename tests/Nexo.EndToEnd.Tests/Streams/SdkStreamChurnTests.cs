using Nexo.Client;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Producers and readers of the SDK while connections are cut.</summary>
public sealed class SdkStreamChurnTests
{
    private readonly ITestOutputHelper _output;

    public SdkStreamChurnTests(ITestOutputHelper output) => _output = output;

    [Fact]
    public async Task Each_record_is_appended_once_and_read_once_however_often_the_connection_is_cut()
    {
        const int Records = 60_000;
        int seed = Environment.TickCount;
        _output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using TestServer server = await TestServer.StartAsync();
        await using var relay = new CutRelay(server.Port);
        await using NexoClient writer = await ConnectAsync(relay.Url);
        await using NexoClient reader = await ConnectAsync(relay.Url);
        await using NexoClient direct = await NexoClient.ConnectAsync(server.Url);
        await writer.Stream("s").CreateAsync();
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Task<List<int>> tail = reader.Stream<int>("s").TailAsync(new() { From = StreamFrom.Beginning }, over.Token)
            .Take(Records).Select(record => record.Value).ToListAsync(over.Token).AsTask();
        using var writing = new CancellationTokenSource();
        Task<int> cutting = CutAsync(relay, random, writing.Token);

        var results = new Task<StreamAppendResult>[Records];
        await using (StreamProducer<int> producer = writer.Stream<int>("s").CreateProducer(
            new() { BatchRecords = 50, BufferBytes = 100_000 }))
        {
            for (int i = 0; i < Records; i++)
            {
                ValueTask<StreamAppendResult> result = await producer.PostAsync(i, cancellationToken: over.Token);
                results[i] = result.AsTask();
            }

            await producer.FlushAsync(over.Token);
        }

        List<int> followed = await tail;
        List<int> read = await reader.Stream<int>("s").ReadAsync(new() { PageBytes = 10_000 }, over.Token)
            .Select(record => record.Value).ToListAsync(over.Token);
        await writing.CancelAsync();
        int cuts = await cutting;
        StreamStats stats = await direct.Stream("s").StatsAsync();
        _output.WriteLine($"{cuts} cuts, {stats.Duplicates} duplicates");

        Assert.Equal(Enumerable.Range(0, Records), followed);
        Assert.Equal(Enumerable.Range(0, Records), read);
        Assert.Equal(Records, stats.Appended);
        for (int i = 0; i < Records; i++)
        {
            StreamAppendResult result = await results[i];
            Assert.True(result.Offset is null || result.Offset == (ulong)i, $"record {i} is said to be at {result.Offset}");
        }
    }

    private static async Task<int> CutAsync(CutRelay relay, Random random, CancellationToken until)
    {
        int cuts = 0;
        while (!until.IsCancellationRequested)
        {
            await Task.Delay(random.Next(5, 60), CancellationToken.None);
            relay.Cut();
            cuts++;
        }

        return cuts;
    }

    private static ValueTask<NexoClient> ConnectAsync(string url) => NexoClient.ConnectAsync(new NexoClientOptions
    {
        Url = url,
        ReconnectDelayMin = TimeSpan.FromMilliseconds(1),
        ReconnectDelayMax = TimeSpan.FromMilliseconds(5),
        RequestTimeout = TimeSpan.FromSeconds(20),
    });
}
