using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Queues;

public sealed class WorkerTests : IAsyncLifetime
{
    private const string Name = "jobs";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Ledger _ledger = new();
    private TestServer _server = null!;
    private NexoClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = await NexoClient.ConnectAsync(_server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Many_workers_do_every_job_once_and_the_failing_ones_as_often_as_they_may()
    {
        NexoQueue<long> queue = _client.Queue<long>(Name);
        await queue.DeclareAsync(new QueueOptions { DeliveriesMax = 3, Backoff = BackoffKind.None });
        await using ServiceProvider first = await StartAsync(options => options.Concurrency = 4);
        await using ServiceProvider second = await StartAsync(options => options.Concurrency = 4);
        long[] jobs = [.. Enumerable.Range(1, 500).Select(i => (long)i)];
        Assert.All(await queue.PushBatchAsync(jobs), item => Assert.True(item.IsPushed));

        // Every fiftieth fails always: it is tried three times, then it is dead.
        await UntilAsync(async () => (await queue.StatsAsync()) is { Ready: 0, Leased: 0, Delayed: 0 });
        Assert.Equal(jobs, _ledger.Done.Keys.Concat(_ledger.Failed.Keys).Order());
        Assert.All(_ledger.Done, done => Assert.Equal(1, done.Value));
        Assert.Equal([50, 100, 150, 200, 250, 300, 350, 400, 450, 500], _ledger.Failed.Keys.Order());
        Assert.All(_ledger.Failed, failed => Assert.Equal(3, failed.Value));
        Assert.Equal(10, (await queue.StatsAsync()).Dead);
        await StopAsync(first);
        await StopAsync(second);
    }

    [Fact]
    public async Task Leases_are_extended_while_jobs_run_and_while_they_wait()
    {
        NexoQueue<long> queue = _client.Queue<long>(Name);
        await queue.DeclareAsync(new QueueOptions { Lease = TimeSpan.FromSeconds(6) });
        await using ServiceProvider worker = await StartAsync(options => options.Concurrency = 1);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ledger.Hold = release.Task;
        await queue.PushBatchAsync([1, 2]);

        // One runs, one waits. Both leases end later, and later again.
        await UntilAsync(async () => (await LeaseEndsAsync(queue)).Count == 2);
        await Poll.UntilAsync(() => _ledger.Started.Count == 1);
        TimeSpan later = TimeSpan.FromMilliseconds(500);
        for (int i = 0; i < 2; i++)
        {
            List<DateTimeOffset> before = await LeaseEndsAsync(queue);
            await UntilAsync(async () => (await LeaseEndsAsync(queue)).Zip(before).All(ends => ends.First > ends.Second + later));
        }

        Assert.Single(_ledger.Started);
        release.SetResult();
        await UntilAsync(async () => (await queue.StatsAsync()).Acked == 2);
        Assert.Equal([1, 2], _ledger.Done.Keys.Order());
        await StopAsync(worker);
    }

    [Fact]
    public async Task A_stop_lets_the_running_job_be_acked_and_gives_back_the_others_uncounted()
    {
        NexoQueue<long> queue = _client.Queue<long>(Name);
        await using ServiceProvider worker = await StartAsync(options =>
        {
            options.Concurrency = 1;
            options.Prefetch = 3;
        });
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ledger.Hold = release.Task;
        await queue.PushBatchAsync([1, 2, 3, 4]);
        await UntilAsync(async () => (await queue.StatsAsync()).Leased == 3);
        await Poll.UntilAsync(() => _ledger.Started.Count == 1);
#pragma warning disable CA2025 // awaited below, before the worker goes
        Task stopping = StopAsync(worker);
#pragma warning restore CA2025
        await UntilAsync(async () => (await queue.StatsAsync()) is { Leased: 1, Ready: 3 });
        release.SetResult();
        await stopping.WaitAsync(Patience);
        QueueStats stats = await queue.StatsAsync();
        Assert.Equal((1, 3, 0, 0), (stats.Acked, stats.Ready, stats.Nacked, stats.Consumers));
        IReadOnlyList<QueueDelivery<long>> rest = await queue.PullAsync(10);
        Assert.Equal([2, 3, 4], rest.Select(delivery => delivery.Body));
    }

    private static async Task<List<DateTimeOffset>> LeaseEndsAsync(NexoQueue<long> queue)
    {
        var ends = new List<DateTimeOffset>();
        await foreach (QueuedMessage<long> message in queue.PeekAsync(PeekWhich.Leased))
        {
            ends.Add(message.VisibleAt!.Value);
        }

        return ends;
    }

    private static async Task StopAsync(ServiceProvider worker)
    {
        foreach (IHostedService service in worker.GetServices<IHostedService>())
        {
            await service.StopAsync(CancellationToken.None);
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }

    private async Task<ServiceProvider> StartAsync(Action<NexoWorkerOptions> configure)
    {
        ServiceProvider services = new ServiceCollection()
            .AddNexo(_server.Url)
            .AddSingleton(_ledger)
            .AddNexoWorker<long, Handler>(Name, configure)
            .BuildServiceProvider();
        await Assert.Single(services.GetServices<IHostedService>()).StartAsync(CancellationToken.None);
        return services;
    }

    private sealed class Ledger
    {
        public Task Hold { get; set; } = Task.CompletedTask;

        public ConcurrentQueue<long> Started { get; } = new();

        public ConcurrentDictionary<long, int> Done { get; } = new();

        public ConcurrentDictionary<long, int> Failed { get; } = new();
    }

    private sealed class Handler(Ledger ledger) : INexoJobHandler<long>
    {
        public async Task HandleAsync(long job, NexoJobContext context, CancellationToken cancellationToken)
        {
            ledger.Started.Enqueue(job);
            await ledger.Hold.WaitAsync(cancellationToken);
            if (job % 50 == 0)
            {
                ledger.Failed.AddOrUpdate(job, 1, (_, count) => count + 1);
                throw new InvalidOperationException("always");
            }

            ledger.Done.AddOrUpdate(job, 1, (_, count) => count + 1);
        }
    }
}
