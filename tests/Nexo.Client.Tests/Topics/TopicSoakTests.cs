using System.Diagnostics;

namespace Nexo.Client.Tests;

/// <summary>What publishing and receiving allocate. Alone, so that nothing else does.</summary>
[Collection(nameof(SoakTests))]
public sealed class TopicSoakTests
{
    private const int MessageBytes = 64;
    private const int TopicBytes = 13;

    private readonly ITestOutputHelper _output;

    public TopicSoakTests(ITestOutputHelper output) => _output = output;

    [Fact]
    public async Task Publishing_allocates_nothing_and_a_raw_message_its_bytes_alone()
    {
        using var server = new EchoServer();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        ReadOnlyMemory<byte> body = new byte[MessageBytes];
        double confirmed = await LeastBytesAsync(4_000, async calls =>
        {
            for (int i = 0; i < calls; i++)
            {
                await client.Topics.PublishAsync("rooms/kitchen", body).ConfigureAwait(false);
            }
        });
        double posted = await LeastBytesAsync(20_000, async calls =>
        {
            for (int i = 0; i < calls; i++)
            {
                await client.Topics.PostAsync("rooms/kitchen", body).ConfigureAwait(false);
            }

            await client.PingAsync();
        });
        await using IAsyncEnumerator<TopicMessage<ReadOnlyMemory<byte>>> messages =
            client.Topics.SubscribeAsync("rooms/+").GetAsyncEnumerator();
        int topics = 0;
        double received = await LeastBytesAsync(100_000, async calls =>
        {
            for (int i = 0; i < calls; i++)
            {
                await messages.MoveNextAsync().ConfigureAwait(false);
                topics += messages.Current.Topic.Length + messages.Current.Body.Length;
            }
        });

        _output.WriteLine($"{confirmed:F2} bytes for a publish, {posted:F2} unconfirmed, {received:F2} for a message of {MessageBytes}");
        Assert.True(confirmed < 8, $"{confirmed:F2} bytes for a publish");
        Assert.True(posted < 8, $"{posted:F2} bytes for an unconfirmed publish");
        Assert.InRange(received, MessageBytes + TopicBytes, MessageBytes + TopicBytes + 16);
        Assert.True(topics > 0);
    }

    [Fact]
    public async Task Unconfirmed_publishes_of_many_callers_all_arrive_over_a_connection_that_stays()
    {
        using var server = new EchoServer();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        long started = Stopwatch.GetTimestamp();
        const int Callers = 4;
        const int Each = 20_000;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < Each; i++)
            {
                await client.Topics.PostAsync("t", i);
            }
        }))).WaitAsync(Patience.Limit);
        await client.PingAsync();
        Assert.Equal(Callers * Each, server.Notices);
        _output.WriteLine($"{Callers * Each / Stopwatch.GetElapsedTime(started).TotalSeconds:N0} a second, in {server.Reads} reads");
        Assert.True(server.Reads < Callers * Each / 10, $"{server.Reads} reads");
    }

    private static async Task<double> LeastBytesAsync(int calls, Func<int, Task> run)
    {
        await run(calls);
        double least = double.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await run(calls);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)calls);
        }

        return least;
    }
}
