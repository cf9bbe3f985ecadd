using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>Requests to topics that only a queue takes, by a binding.</summary>
public sealed class SdkBoundRequestTests
{
    [Fact]
    public async Task A_request_that_a_queue_has_taken_is_answered_by_its_consumer()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await client.Queue("quotes").DeclareAsync();
        await client.Topics.Bindings.SetAsync(new TopicBinding("b", "ask/#", BindingTarget.Queue, "quotes"));
        Task<string> asking = client.Topics.RequestAsync<string, string>("ask/price", "A-1", TimeSpan.FromSeconds(20)).AsTask();
        await using NexoClient worker = await NexoClient.ConnectAsync(server.Url);
        QueueDelivery<string> request = await NextAsync(worker.Queue<string>("quotes"));
        QueuePushResult replied = await request.ReplyAsync($"30 for {request.Body}");
        Assert.Equal((PushOutcome.Accepted, 0ul), (replied.Outcome, replied.MessageId));
        await request.AckAsync();
        Assert.Equal("30 for A-1", await asking);

        // Whoever asked has gone: nobody listens, and no queue is made of its secret.
        NexoClient asker = await NexoClient.ConnectAsync(server.Url);
        asking = asker.Topics.RequestAsync<string, string>("ask/price", "A-2", TimeSpan.FromSeconds(20)).AsTask();
        request = await NextAsync(worker.Queue<string>("quotes"));
        await asker.DisposeAsync();
        await Assert.ThrowsAsync<NexoException>(() => asking);
        await Poll.UntilAsync(() => server.Native.Topics.Stats.Subscriptions == 1);
        NexoException gone = await Assert.ThrowsAsync<NexoException>(async () => await request.ReplyAsync("30"));
        Assert.Equal(ClientErrorCode.NoReceivers, gone.Code);
    }

    private static async Task<QueueDelivery<string>> NextAsync(NexoQueue<string> queue) =>
        Assert.Single(await queue.PullAsync(1, TimeSpan.FromSeconds(20)));
}
