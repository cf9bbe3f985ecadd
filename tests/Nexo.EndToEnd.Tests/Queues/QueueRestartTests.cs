using Nexo.Client;
using Nexo.EndToEnd.Tests.Data;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Queues;

public sealed class QueueRestartTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_loop_goes_on_over_a_restart_of_the_server_and_nothing_that_was_acked_comes_again()
    {
        var disk = new SimulatedDisk();
        TestServer server = await DurableServer.StartAsync(disk, StoreDurability.Fsync);
        await using NexoClient client = await NexoClient.ConnectAsync(new NexoClientOptions
        {
            Url = server.Url,
            ReconnectDelayMax = TimeSpan.FromMilliseconds(50),
        });
        NexoQueue<string> queue = client.Queue<string>("jobs");
        await queue.PushBatchAsync(["a", "b", "c", "d"]);
        using var over = new CancellationTokenSource(Patience);
        await using IAsyncEnumerator<QueueDelivery<string>> messages = queue.ConsumeAsync().GetAsyncEnumerator(over.Token);
        await (await NextAsync(messages)).AckAsync();
        QueueDelivery<string> taken = await NextAsync(messages);

        int port = server.Port;
        await server.DisposeAsync();
        await using TestServer again = await TestServer.StartAsync(options => DurableServer.On(options, disk, StoreDurability.Fsync) with
        {
            Network = options.Network with { Port = port },
        });
        List<string> seen = [];
        while (seen.Count < 3)
        {
            QueueDelivery<string> delivery = await NextAsync(messages);
            Assert.True(delivery.Redelivered);
            await delivery.AckAsync();
            seen.Add(delivery.Body);
        }

        Assert.Equal(["b", "c", "d"], seen);
        NexoException lost = await Assert.ThrowsAsync<NexoException>(() => taken.AckAsync().AsTask());
        Assert.Equal(ErrorCode.LeaseLost, lost.Code);
        QueueStats stats = await queue.StatsAsync();
        Assert.Equal((0, 0, 0), (stats.Ready, stats.Leased, stats.Dead));
    }

    private static async Task<QueueDelivery<string>> NextAsync(IAsyncEnumerator<QueueDelivery<string>> messages)
    {
        Assert.True(await messages.MoveNextAsync().AsTask().WaitAsync(Patience));
        return messages.Current;
    }
}
