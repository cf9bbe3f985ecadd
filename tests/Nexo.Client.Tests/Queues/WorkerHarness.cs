using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>A worker whose handler does what the test says, and a server that gives it jobs.</summary>
public abstract class WorkerHarness : QueueHarness
{
    private ServiceProvider? _services;

    private protected Jobs Handled { get; } = new();

    private protected IHostedService Worker { get; private set; } = null!;

    private protected ReceivedFrame Consume { get; private set; } = null!;

    /// <summary>Starts the worker, up to its consumption.</summary>
    private protected async Task StartAsync(Action<NexoWorkerOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(Client);
        services.AddSingleton(Handled);
        services.AddScoped<Scope>();
        services.AddNexoWorker<string, Handler>(Name, options =>
        {
            options.Concurrency = 2;
            options.Lease = TimeSpan.FromSeconds(30);
            configure?.Invoke(options);
        });
        _services = services.BuildServiceProvider();
        Worker = Assert.Single(_services.GetServices<IHostedService>());
        await Worker.StartAsync(CancellationToken.None);
        await OpenAsync(Peer);
    }

    private protected async Task OpenAsync(FakePeer peer)
    {
        Consume = await peer.ReadAsync(Opcode.QueueConsume);
        await peer.ReplyAsync(Consume);
    }

    public override async ValueTask DisposeAsync()
    {
        // The client first: nothing answers any more, and the worker must end all the same.
        await base.DisposeAsync();
        if (_services is not null)
        {
            await StopAsync().WaitAsync(Patience.Limit);
            await _services.DisposeAsync();
        }
    }

    private protected Task GiveAsync(params Given[] jobs) => PushAsync(Peer, Consume, jobs);

    private protected Task StopAsync(CancellationToken cancel = default) => Worker.StopAsync(cancel);

    /// <summary>What the tests see of the handlers, and tell them.</summary>
    internal sealed class Jobs
    {
        public ConcurrentQueue<string> Started { get; } = new();

        public ConcurrentDictionary<string, Func<NexoJobContext, CancellationToken, Task>> Does { get; } = new();

        public int ScopesOpen;

        public int ScopesMade;

        /// <summary>Lets a job run until the source is set, or its token is cancelled.</summary>
        public TaskCompletionSource Hold(string job)
        {
            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Does[job] = (_, cancel) => source.Task.WaitAsync(cancel);
            return source;
        }

        public async Task WhenStartedAsync(int count)
        {
            using var patience = new CancellationTokenSource(Patience.Limit);
            while (Started.Count < count)
            {
                await Task.Delay(5, patience.Token);
            }
        }
    }

    internal sealed class Scope : IDisposable
    {
        private readonly Jobs _jobs;

        public Scope(Jobs jobs)
        {
            _jobs = jobs;
            Interlocked.Increment(ref jobs.ScopesOpen);
            Interlocked.Increment(ref jobs.ScopesMade);
        }

        public void Dispose() => Interlocked.Decrement(ref _jobs.ScopesOpen);
    }

    internal sealed class Handler(Jobs jobs, Scope scope) : INexoJobHandler<string>
    {
        public async Task HandleAsync(string job, NexoJobContext context, CancellationToken cancellationToken)
        {
            Assert.NotNull(scope);
            jobs.Started.Enqueue(job);
            if (jobs.Does.TryGetValue(job, out Func<NexoJobContext, CancellationToken, Task>? act))
            {
                await act(context, cancellationToken);
            }
        }
    }
}
