using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class WorkerReconnectTests : QueueHarness
{
    [Fact]
    public async Task A_lost_connection_cancels_the_jobs_that_run_and_the_worker_goes_on_with_the_next()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        var jobs = new WorkerHarness.Jobs();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        jobs.Does["1"] = async (_, cancel) =>
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            }
            finally
            {
                cancelled.SetResult();
            }
        };
        await using ServiceProvider services = Services(client, jobs);
        IHostedService worker = Assert.Single(services.GetServices<IHostedService>());
        await worker.StartAsync(CancellationToken.None);
        ReceivedFrame declare = await peer.ReadAsync(Opcode.QueueDeclare);
        await peer.ReplyAsync(declare, buffer => QueueDeclareReply.WriteStart(buffer, true, 1));
        ReceivedFrame consume = await peer.ReadAsync(Opcode.QueueConsume);
        await peer.ReplyAsync(consume);
        await PushAsync(peer, consume, new Given(1, "1"));
        await jobs.WhenStartedAsync(1);
        peer.Drop();
        await cancelled.Task.WaitAsync(Patience.Limit);

        FakePeer second = await server.AcceptReadyAsync();
        consume = await second.ReadAsync(Opcode.QueueConsume);
        await second.ReplyAsync(consume);
        await PushAsync(second, consume, new Given(2, "2"));
        await SettleAsync(second, Opcode.QueueAck, 2);

        Task stopping = worker.StopAsync(CancellationToken.None);
        await EndWhenStoppedAsync(second, consume);
        await stopping.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task A_server_that_stops_cancels_the_jobs_that_run_and_those_that_wait_are_not_begun()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        var jobs = new WorkerHarness.Jobs();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        jobs.Does["1"] = (_, cancel) => UntilCancelledAsync(cancelled, cancel);
        await using ServiceProvider services = Services(client, jobs, options => options.Concurrency = 1);
        IHostedService worker = Assert.Single(services.GetServices<IHostedService>());
        ReceivedFrame consume = await StartAsync(worker, peer);
        await PushAsync(peer, consume, new Given(1, "1"), new Given(2, "waits"));
        await jobs.WhenStartedAsync(1);

        // As a server does that was asked to stop: it ends what it pushes, and closes later.
        await EndAsync(peer, consume, ErrorCode.ShuttingDown);
        await peer.GoAwayAsync();
        await cancelled.Task.WaitAsync(Patience.Limit);

        FakePeer second = await server.AcceptReadyAsync();
        consume = await second.ReadAsync(Opcode.QueueConsume);
        await second.ReplyAsync(consume);
        await PushAsync(second, consume, new Given(3, "3"));
        await SettleAsync(second, Opcode.QueueAck, 3);
        Assert.Equal(["1", "3"], jobs.Started);

        Task stopping = worker.StopAsync(CancellationToken.None);
        await EndWhenStoppedAsync(second, consume);
        await stopping.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task A_connection_that_is_lost_while_a_worker_stops_cancels_the_jobs_that_still_run()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        var jobs = new WorkerHarness.Jobs();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        jobs.Does["1"] = (_, cancel) => UntilCancelledAsync(cancelled, cancel);
        await using ServiceProvider services = Services(client, jobs, options => options.Grace = TimeSpan.FromHours(1));
        IHostedService worker = Assert.Single(services.GetServices<IHostedService>());
        ReceivedFrame consume = await StartAsync(worker, peer);
        await PushAsync(peer, consume, new Given(1, "1"));
        await jobs.WhenStartedAsync(1);
        Task stopping = worker.StopAsync(CancellationToken.None);
        await EndWhenStoppedAsync(peer, consume);
        peer.Drop();
        await cancelled.Task.WaitAsync(Patience.Limit);
        await stopping.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task A_worker_whose_consumption_is_refused_tries_again_and_stops_all_the_same()
    {
        await using var server = new FakeServer();
        var time = new ManualTime();
        (NexoClient client, FakePeer peer) =
            await server.ConnectAsync(change: o => o with { TimeProvider = time, RequestTimeout = TimeSpan.FromDays(1) });
        await using NexoClient owned = client;
        await using ServiceProvider services = Services(client, new WorkerHarness.Jobs());
        IHostedService worker = Assert.Single(services.GetServices<IHostedService>());
        await worker.StartAsync(CancellationToken.None);
        await peer.FailAsync(await peer.ReadAsync(Opcode.QueueDeclare), ErrorCode.QueueConflict);
        Task<ReceivedFrame> again = peer.ReadAsync(Opcode.QueueDeclare);
        while (!again.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(again, Task.Delay(5));
        }

        await peer.FailAsync(await again, ErrorCode.QueueConflict);
        await worker.StopAsync(CancellationToken.None).WaitAsync(Patience.Limit);
    }

    private static async Task UntilCancelledAsync(TaskCompletionSource cancelled, CancellationToken cancel)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
        }
        finally
        {
            cancelled.SetResult();
        }
    }

    private static async Task<ReceivedFrame> StartAsync(IHostedService worker, FakePeer peer)
    {
        await worker.StartAsync(CancellationToken.None);
        ReceivedFrame declare = await peer.ReadAsync(Opcode.QueueDeclare);
        await peer.ReplyAsync(declare, buffer => QueueDeclareReply.WriteStart(buffer, true, 1));
        ReceivedFrame consume = await peer.ReadAsync(Opcode.QueueConsume);
        await peer.ReplyAsync(consume);
        return consume;
    }

    private static ServiceProvider Services(
        NexoClient client, WorkerHarness.Jobs jobs, Action<NexoWorkerOptions>? configure = null) => new ServiceCollection()
        .AddSingleton(client)
        .AddSingleton(jobs)
        .AddScoped<WorkerHarness.Scope>()
        .AddNexoWorker<string, WorkerHarness.Handler>(Name, options =>
        {
            options.Lease = TimeSpan.FromSeconds(30);
            options.Declare = new QueueOptions { DeliveriesMax = 3 };
            configure?.Invoke(options);
        })
        .BuildServiceProvider();
}
