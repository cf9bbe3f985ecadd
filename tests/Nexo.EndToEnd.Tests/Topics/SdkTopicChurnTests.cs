using Nexo.Client;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>Subscriptions of the SDK while connections are cut and filters change.</summary>
public sealed class SdkTopicChurnTests
{
    private readonly ITestOutputHelper _output;

    public SdkTopicChurnTests(ITestOutputHelper output) => _output = output;

    [Fact]
    public async Task Filters_are_what_they_were_set_to_however_often_the_connection_is_cut_meanwhile()
    {
        const int Filters = 12;
        int seed = Environment.TickCount;
        _output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using TestServer server = await TestServer.StartAsync();
        await using var relay = new CutRelay(server.Port);
        await using NexoClient publisher = await NexoClient.ConnectAsync(server.Url);
        await using NexoClient client = await NexoClient.ConnectAsync(new NexoClientOptions
        {
            Url = relay.Url,
            ReconnectDelayMin = TimeSpan.FromMilliseconds(1),
            ReconnectDelayMax = TimeSpan.FromMilliseconds(20),
            RequestTimeout = TimeSpan.FromSeconds(20),
        });
        await using TopicSubscription<int> subscription = await client.Topics.OpenSubscriptionAsync<int>("end");
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Task<List<int>> reading = ReadToEndAsync(subscription, over.Token);
        HashSet<string> expected = ["end"];
        int cuts = 0;
        for (int i = 0; i < 150; i++)
        {
            string filter = $"f/{random.Next(Filters)}";
            if (random.Next(10) == 0)
            {
                relay.Cut();
                cuts++;
            }

            if (random.Next(2) == 0)
            {
                await subscription.AddAsync(filter, over.Token);
                expected.Add(filter);
            }
            else
            {
                await subscription.RemoveAsync(filter, over.Token);
                expected.Remove(filter);
            }

            await publisher.Topics.PostAsync(filter, -1);
        }

        Assert.Equal(expected.Order(), subscription.Filters.Order());

        // The server has the same ones, over a connection that is there; it may not have noticed yet that another one is gone.
        await subscription.AddAsync("last", over.Token);
        await Poll.UntilAsync(() => publisher.Topics.StatsAsync().AsTask().GetAwaiter().GetResult().Subscriptions == 1);
        for (int i = 0; i < Filters; i++)
        {
            TopicPublishResult result = await publisher.Topics.PublishAsync($"f/{i}", i);
            Assert.Equal(expected.Contains($"f/{i}") ? 1 : 0, result.Receivers);
        }

        await publisher.Topics.PublishAsync("end", Filters);
        List<int> last = [.. (await reading).Where(number => number >= 0)];
        Assert.Equal(Enumerable.Range(0, Filters).Where(i => expected.Contains($"f/{i}")), last);
        _output.WriteLine($"{cuts} cuts");
    }

    private static async Task<List<int>> ReadToEndAsync(TopicSubscription<int> subscription, CancellationToken cancel)
    {
        var all = new List<int>();
        await foreach (TopicMessage<int> message in subscription.ReadAllAsync(cancel))
        {
            if (message.Topic == "end")
            {
                break;
            }

            all.Add(message.Body);
        }

        return all;
    }
}
