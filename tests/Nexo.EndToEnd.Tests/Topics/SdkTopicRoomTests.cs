using Nexo.Client;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>The client's room and the server's outbox work together: what the client has no room for waits at the server.</summary>
public sealed class SdkTopicRoomTests
{
    [Theory]
    [InlineData(5_000, 2 * 1_024)]
    [InlineData(150, 64 * 1_024)]
    [InlineData(20, 450 * 1_024)]
    [InlineData(10_000, 10)]
    public async Task What_fits_the_client_and_the_server_is_not_missed_by_a_reader_that_stands_still(int messages, int bytes)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await using TopicSubscription<ReadOnlyMemory<byte>> subscription =
            await client.Topics.OpenSubscriptionAsync<ReadOnlyMemory<byte>>("t");
        await using NexoClient publisher = await NexoClient.ConnectAsync(server.Url);
        await PublishAsync(publisher, messages, bytes);
        Assert.Equal((messages, 0), await ReadAsync(subscription, messages));
        Assert.Equal(0, server.Native.Topics.Stats.Dropped);
    }

    [Fact]
    public async Task What_does_not_fit_is_dropped_and_counted_at_the_server()
    {
        const int messages = 400;
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await using TopicSubscription<ReadOnlyMemory<byte>> subscription =
            await client.Topics.OpenSubscriptionAsync<ReadOnlyMemory<byte>>("t");
        await using NexoClient publisher = await NexoClient.ConnectAsync(server.Url);
        await PublishAsync(publisher, messages, 64 * 1_024);
        (int got, long missed) = await ReadAsync(subscription, messages);
        Assert.Equal((messages, true), (got + missed, missed > 0));
        Assert.Equal(missed, server.Native.Topics.Stats.Dropped);
    }

    private static async Task PublishAsync(NexoClient client, int messages, int bytes)
    {
        byte[] body = new byte[bytes];
        for (int i = 0; i < messages; i++)
        {
            await client.Topics.PublishAsync<ReadOnlyMemory<byte>>("t", body);
        }
    }

    private static async Task<(int Got, long Missed)> ReadAsync(
        TopicSubscription<ReadOnlyMemory<byte>> subscription, int messages)
    {
        int got = 0;
        long missed = 0;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (TopicMessage<ReadOnlyMemory<byte>> message in subscription.ReadAllAsync(patience.Token))
        {
            got++;
            missed += message.MissedBefore;
            if (got + missed == messages)
            {
                break;
            }
        }

        return (got, missed);
    }
}
