using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Client;
using Nexo.Protocol;

// What was worked on is settled also when the consumer stops: no token. Names are as in the document, where nobody sees that they are
// fields.
#pragma warning disable CA2016, IDE1006

namespace Nexo.EndToEnd.Tests.Queues;

/// <summary>The examples of <c>docs/sdk-queues.md</c>, word by word (<see cref="House.ExampleTests"/> compares), against a real
/// server.</summary>
public sealed partial class QueueExamples : IAsyncLifetime
{
    private readonly CancellationTokenSource _over = new(TimeSpan.FromSeconds(30));
    private readonly CancellationToken stopping;
    private readonly List<string> sent = [];
    private TestServer _server = null!;
    private NexoClient client = null!;

    public QueueExamples() => stopping = _over.Token;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        client = await NexoClient.ConnectAsync(new NexoClientOptions
        {
            Url = _server.Url,
            Serializer = new NexoJsonSerializer(MyJson.Default),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await _server.DisposeAsync();
        _over.Dispose();
    }

    [Fact]
    public async Task Push_and_consume()
    {
        NexoQueue<Email> emails = client.Queue<Email>("emails");

        await emails.PushAsync(new Email("ada@example.com", "Welcome"));
        await emails.PushAsync(
            new Email("ada@example.com", "How do you like it?"),
            new() { Delay = TimeSpan.FromDays(3), Priority = 2, Group = "ada", DedupId = "followup:ada" });

        await UntilAsync(emails, stats => stats is { Acked: 1, Delayed: 1 }, async stopping =>
        {
            await foreach (QueueDelivery<Email> delivery in emails.ConsumeAsync(cancellationToken: stopping))
            {
                await SendAsync(delivery.Body);
                await delivery.AckAsync();
            }
        });
        Assert.Equal(["ada@example.com"], sent);
    }

    [Fact]
    public async Task Settle()
    {
        NexoQueue<Email> emails = client.Queue<Email>("emails");
        await emails.PushBatchAsync([new("nobody", "x"), new("later", "x"), new("bad", "x"), new("ok", "x")]);
        await UntilAsync(emails, stats => stats is { Acked: 1, Nacked: >= 2, Dead: 1 }, async stopping =>
        {
            await foreach (QueueDelivery<Email> delivery in emails.ConsumeAsync(new() { Prefetch = 16 }, stopping))
            {
                try
                {
                    await SendAsync(delivery.Body);
                    await delivery.AckAsync();
                }
                catch (FormatException error)
                {
                    await delivery.DeadLetterAsync(error.Message);             // no attempt can succeed
                }
                catch (TimeoutException error)
                {
                    await delivery.NackAsync(TimeSpan.FromMinutes(1), error.Message);
                }
                catch (IOException error)
                {
                    await delivery.NackAsync(reason: error.Message);           // again after the queue's backoff
                }
            }
        });
    }

    [Fact]
    public async Task Pull()
    {
        NexoQueue<Email> emails = client.Queue<Email>("emails");
        await emails.PushBatchAsync([new("a", "x"), new("b", "x")]);

        IReadOnlyList<QueueDelivery<Email>> batch =
            await emails.PullAsync(max: 100, wait: TimeSpan.FromSeconds(20), cancellationToken: stopping);
        await SendAllAsync(batch.Select(delivery => delivery.Body));
        QueueSettleResult acked = await emails.AckAsync(batch);
        foreach (QueueSettleFailure failure in acked.Failures)
        {
            Console.WriteLine($"{failure.Delivery.MessageId}: {failure.Error}");
        }

        Assert.Equal(["a", "b"], sent);
        Assert.True(acked.IsComplete);
    }

    [Fact]
    public async Task Ask()
    {
        await using ServiceProvider services = new ServiceCollection().AddSingleton(client)
            .AddNexoWorker<Order, QuoteHandler>("quotes").BuildServiceProvider();
        IHostedService worker = Assert.Single(services.GetServices<IHostedService>());
        await worker.StartAsync(stopping);

        var order = new Order("A-1", 3);
        Quote quote = await client.Queue<Order>("quotes").RequestAsync<Quote>(order, TimeSpan.FromSeconds(20));

        Assert.Equal(new Quote("A-1", 30), quote);
        await worker.StopAsync(stopping);
    }

    [Fact]
    public async Task Work()
    {
        IServiceCollection services = new ServiceCollection();
        services.AddSingleton(sent);

        services.AddNexo(options =>
        {
            options.Url = _server.Url;
            options.Serializer = new NexoJsonSerializer(MyJson.Default);
        });
        services.AddNexoWorker<Email, EmailHandler>("emails", options =>
        {
            options.Concurrency = 16;
            options.JobTimeout = TimeSpan.FromMinutes(10);
        });

        await using ServiceProvider provider = services.BuildServiceProvider();
        IHostedService worker = Assert.Single(provider.GetServices<IHostedService>());
        await worker.StartAsync(stopping);
        NexoQueue<Email> emails = client.Queue<Email>("emails");
        await emails.PushBatchAsync([new("ada@example.com", "x"), new("nobody", "x")]);
        await Poll.UntilAsync(() => emails.StatsAsync().AsTask().GetAwaiter().GetResult() is { Acked: 1, Dead: 1 });
        await worker.StopAsync(stopping);
        Assert.Equal(["ada@example.com"], sent);
    }

    [Fact]
    public async Task Operate()
    {
        NexoQueue<Email> emails = client.Queue<Email>("emails");
        await emails.DeclareAsync(new QueueOptions
        {
            DeliveriesMax = 10,
            Backoff = BackoffKind.Exponential,
            BackoffDelay = TimeSpan.FromSeconds(2),
            MessagesMax = 1_000_000,
        });

        await foreach (QueueDeadLetter<Email> letter in emails.DeadLetters.ListAsync())
        {
            Console.WriteLine($"{letter.MessageId} {letter.Body.To}: {letter.Cause}, {letter.Reason}");
        }

        var timeouts = new DeadLetterFilter { ReasonContains = "timed out" };
        long again = await emails.WithTimeout(TimeSpan.FromMinutes(10)).DeadLetters.RedriveAsync(timeouts, perSecond: 50);

        await emails.PauseAsync(QueueFlow.Deliveries);
        QueueStats stats = await emails.StatsAsync();
        Console.WriteLine($"{stats.Ready} wait, the oldest for {stats.OldestAge}; {again} come again");
        await emails.ResumeAsync();
    }

    /// <summary>Runs a loop until the queue's figures are as they shall be.</summary>
    private async Task UntilAsync(
        NexoQueue<Email> queue, Func<QueueStats, bool> condition, Func<CancellationToken, Task> loop)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task running = loop(stop.Token);
        while (!condition(await queue.StatsAsync()))
        {
            await Task.Delay(10, stopping);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private Task SendAsync(Email email)
    {
        sent.Add(email.To);
        return email.To switch
        {
            "bad" => throw new FormatException("no address"),
            "later" => throw new TimeoutException("too slow"),
            "nobody" => throw new IOException("no route"),
            _ => Task.CompletedTask,
        };
    }

    private async Task SendAllAsync(IEnumerable<Email> emails)
    {
        foreach (Email email in emails)
        {
            await SendAsync(email);
        }
    }

    public sealed record Email(string To, string Subject);

    public sealed record Order(string Article, int Count);

    public sealed record Quote(string Article, int Price);

    [JsonSerializable(typeof(Email))]
    [JsonSerializable(typeof(Order))]
    [JsonSerializable(typeof(Quote))]
    internal sealed partial class MyJson : JsonSerializerContext;

    internal sealed class EmailHandler(List<string> sent) : INexoJobHandler<Email>
    {
        public Task HandleAsync(Email job, NexoJobContext context, CancellationToken cancellationToken)
        {
            if (!job.To.Contains('@'))
            {
                throw new NexoRejectException($"'{job.To}' is no address");
            }

            sent.Add(job.To);
            return Task.CompletedTask;
        }
    }

    internal sealed class QuoteHandler : INexoJobHandler<Order>
    {
        public async Task HandleAsync(Order job, NexoJobContext context, CancellationToken cancellationToken) =>
            await context.ReplyAsync(new Quote(job.Article, job.Count * 10), cancellationToken);
    }
}
