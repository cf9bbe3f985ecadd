using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Subscribers of the host.</summary>
public sealed class TopicSubscriberTests : TopicHarness
{
    private readonly Handled _handled = new();
    private ServiceProvider? _services;

    private IHostedService Subscriber => Assert.Single(_services!.GetServices<IHostedService>());

    public override async ValueTask DisposeAsync()
    {
        // The client first: nothing answers any more, and the subscriber must end all the same.
        await base.DisposeAsync();
        if (_services is not null)
        {
            await Subscriber.StopAsync(CancellationToken.None).WaitAsync(Patience.Limit);
            await _services.DisposeAsync();
        }
    }

    [Fact]
    public async Task Messages_are_handled_one_after_the_other_each_in_a_scope_of_its_own()
    {
        ReceivedFrame subscribe = await StartAsync();
        TaskCompletionSource held = _handled.Hold("1");
        await PushAsync(Peer, subscribe, new Given("a", "1"), new Given("a", "2"));
        await _handled.WhenStartedAsync(1);
        Assert.Equal((1, 1), (_handled.ScopesMade, _handled.ScopesOpen));
        held.SetResult();
        await _handled.WhenStartedAsync(2);
        Assert.Equal(["a=1", "a=2"], _handled.Started);
        Assert.Equal(2, _handled.ScopesMade);
    }

    [Fact]
    public async Task A_handler_that_fails_gets_the_next_message()
    {
        ReceivedFrame subscribe = await StartAsync();
        _handled.Does["1"] = _ => throw new InvalidOperationException("no");
        await PushAsync(Peer, subscribe, new Given("a", "1"), new Given("a", "2"));
        await _handled.WhenStartedAsync(2);
    }

    [Fact]
    public async Task A_subscription_that_is_ended_for_good_is_begun_anew()
    {
        ReceivedFrame subscribe = await StartAsync();
        await EndAsync(Peer, subscribe, ErrorCode.SlowConsumer);
        subscribe = await AcceptSubscriptionAsync(Peer, "a", "b");
        await PushAsync(Peer, subscribe, new Given("b", "1"));
        await _handled.WhenStartedAsync(1);
    }

    [Fact]
    public async Task A_stop_takes_no_more_and_lets_the_handler_end_within_the_grace()
    {
        ReceivedFrame subscribe = await StartAsync();
        TaskCompletionSource held = _handled.Hold("1");
        await PushAsync(Peer, subscribe, new Given("a", "1"), new Given("a", "2"));
        await _handled.WhenStartedAsync(1);
        Task stopping = Subscriber.StopAsync(CancellationToken.None);
        Assert.False(stopping.IsCompleted);
        held.SetResult();
        await stopping.WaitAsync(Patience.Limit);
        Assert.Equal(["a=1"], _handled.Started);
        Assert.Equal(subscribe.Correlation, (await ReadPastAsync(Opcode.Credit, Opcode.Stop)).Correlation);
    }

    [Fact]
    public async Task A_stop_cancels_the_handler_after_the_grace_and_leaves_one_that_does_not_look()
    {
        ReceivedFrame subscribe = await StartAsync(options => options.Grace = TimeSpan.FromMilliseconds(20));
        bool cancelled = false;
        var never = new TaskCompletionSource();
        _handled.Does["1"] = async cancel =>
        {
            await using CancellationTokenRegistration noted = cancel.Register(() => cancelled = true);
            await never.Task;
        };
        await PushAsync(Peer, subscribe, new Given("a", "1"));
        await _handled.WhenStartedAsync(1);
        await Subscriber.StopAsync(CancellationToken.None).WaitAsync(Patience.Limit);
        Assert.True(cancelled);
        never.SetResult();
    }

    [Fact]
    public void Options_that_cannot_work_are_refused_by_their_names()
    {
        Assert.Equal("filters", Assert.Throws<ArgumentOutOfRangeException>(
            () => new ServiceCollection().AddNexoSubscriber<string, Handler>([])).ParamName);
        _services = new ServiceCollection().AddSingleton(Client).AddNexoSubscriber<string, Handler>(
            "a", options => options.Grace = TimeSpan.FromSeconds(-1)).BuildServiceProvider();
        Assert.Equal("Grace", Assert.Throws<ArgumentOutOfRangeException>(() => Subscriber).ParamName);
        _services = null;
    }

    private async Task<ReceivedFrame> StartAsync(Action<NexoSubscriberOptions>? configure = null)
    {
        _services = new ServiceCollection()
            .AddSingleton(Client)
            .AddSingleton(_handled)
            .AddScoped<Scope>()
            .AddNexoSubscriber<string, Handler>(["a", "b"], configure)
            .BuildServiceProvider();
        await Subscriber.StartAsync(CancellationToken.None);
        return await AcceptSubscriptionAsync(Peer, "a", "b");
    }

    internal sealed class Handled
    {
        public ConcurrentQueue<string> Started { get; } = new();

        public ConcurrentDictionary<string, Func<CancellationToken, Task>> Does { get; } = new();

        public int ScopesOpen;

        public int ScopesMade;

        public TaskCompletionSource Hold(string body)
        {
            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Does[body] = _ => source.Task;
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
        private readonly Handled _handled;

        public Scope(Handled handled)
        {
            _handled = handled;
            Interlocked.Increment(ref handled.ScopesOpen);
            Interlocked.Increment(ref handled.ScopesMade);
        }

        public void Dispose() => Interlocked.Decrement(ref _handled.ScopesOpen);
    }

    internal sealed class Handler(Handled handled, Scope scope) : INexoTopicHandler<string>
    {
        public async Task HandleAsync(TopicMessage<string> message, CancellationToken cancellationToken)
        {
            Assert.NotNull(scope);
            handled.Started.Enqueue($"{message.Topic}={message.Body}");
            if (handled.Does.TryGetValue(message.Body, out Func<CancellationToken, Task>? act))
            {
                await act(cancellationToken);
            }
        }
    }
}
