using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Queues;

public sealed class QueueReachTests
{
    [Fact]
    public async Task Every_queue_command_is_reached_from_the_sdk()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using var recorder = new OpcodeRecorder(server);
        await using NexoClient client = await NexoClient.ConnectAsync(recorder.Url);
        NexoQueue<string> queue = client.Queue<string>("q");

        await UseDefinitionAsync(queue);
        Assert.Equal(["q"], await client.Queues.ListAsync().Select(summary => summary.Name).ToListAsync());
        await UseMessagesAsync(queue);
        await UseDeadLettersAsync(queue);
        await UseSchedulesAsync(client.Schedules);
        Assert.Equal(0, await queue.PurgeAsync());
        await queue.DeleteAsync();

        Assert.Empty(recorder.Missing(OpcodeFacts.IsQueue));
    }

    private static async Task UseDefinitionAsync(NexoQueue<string> queue)
    {
        Assert.True((await queue.DeclareAsync()).Created);
        QueueDefinition definition = await queue.UpdateAsync(new QueueOptions { DeliveriesMax = 2 });
        Assert.Equal(definition, await queue.DescribeAsync());
        await queue.PauseAsync();
        Assert.Equal(QueueFlow.Pushes | QueueFlow.Deliveries, (await queue.StatsAsync()).Paused);
        await queue.ResumeAsync();
    }

    private static async Task UseMessagesAsync(NexoQueue<string> queue)
    {
        Assert.Equal(1ul, (await queue.PushAsync("a")).MessageId);
        await queue.PushBatchAsync(["b", "c", "d"]);
        Assert.Equal("a", (await queue.PeekPageAsync()).Items[0].Body);
        QueueDelivery<string> first = Assert.Single(await queue.PullAsync());
        await first.ExtendAsync(TimeSpan.FromMinutes(1));
        await first.AckAsync();
        string[] settled = ["b", "b", "c", "d"];
        int at = 0;
        await foreach (QueueDelivery<string> delivery in queue.ConsumeAsync(new QueueConsumeOptions { Prefetch = 1 }))
        {
            Assert.Equal(settled[at], delivery.Body);
            await (at switch
            {
                0 => delivery.NackAsync(TimeSpan.Zero),
                1 => delivery.AckAsync(),
                _ => delivery.DeadLetterAsync("no use"),
            });
            if (++at == settled.Length)
            {
                break;
            }
        }
    }

    private static async Task UseDeadLettersAsync(NexoQueue<string> queue)
    {
        QueueDeadLetters<string> letters = queue.DeadLetters;
        QueueDeadLetter<string>[] all = [.. (await letters.ListPageAsync(null)).Items];
        Assert.Equal(["c", "d"], all.Select(letter => letter.Body));
        Assert.Equal(2, await letters.CountAsync());
        Assert.Equal(1, await letters.RedriveAsync(DeadLetterFilter.Of(all[0].MessageId)));
        Assert.Equal(1, await letters.DeleteAsync(DeadLetterFilter.Of(all[1].MessageId)));
        QueueDelivery<string> again = Assert.Single(await queue.PullAsync());
        Assert.Equal("c", again.Body);
        await again.AckAsync();
    }

    private static async Task UseSchedulesAsync(NexoSchedules schedules)
    {
        Assert.True((await schedules.SetAsync("s", "@daily", "q", "tick")).Created);
        Assert.Equal("tick", (await schedules.DescribeAsync<string>("s"))!.Body);
        Assert.Equal(["s"], await schedules.ListAsync().Select(summary => summary.Name).ToListAsync());
        Assert.True(await schedules.DeleteAsync("s"));
    }
}
