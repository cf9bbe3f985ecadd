using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nexo.Client;

/// <summary>Has the messages of topics handled, one after the other, for as long as the host runs.</summary>
internal sealed class NexoSubscriber<T, THandler>(
    NexoClient client,
    IServiceScopeFactory scopes,
    ILogger logger,
    IReadOnlyCollection<string> filters,
    NexoSubscriberOptions options)
    : HostedConsumer(client, logger, $"topics {string.Join(", ", filters)}")
    where THandler : class, INexoTopicHandler<T>
{
    protected override async Task ConsumeAsync()
    {
        using CancellationTokenRegistration grace = Stopping.UnsafeRegister(
            static state => ((NexoSubscriber<T, THandler>)state!).OnStopping(), this);
        TopicSubscription<T> subscription =
            await Client.Topics.OpenSubscriptionAsync<T>(filters, options.Subscribe, Stopping).ConfigureAwait(false);
        await using (subscription.ConfigureAwait(false))
        {
            await foreach (TopicMessage<T> message in subscription.ReadAllAsync(Stopping).ConfigureAwait(false))
            {
                await WaitAsync(HandleAsync(message)).ConfigureAwait(false);
            }
        }
    }

    private void OnStopping() => CancelAfter(options.Grace);

    /// <summary>Waits for a handler, which is left alone when it does not look at its token.</summary>
    private async Task WaitAsync(Task handling)
    {
        await handling.WaitAsync(Cancelling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await handling.WaitAsync(CancelGrace, Time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Never throws.</summary>
    private async Task HandleAsync(TopicMessage<T> message)
    {
        var measurement = ProcessMeasurement.OfMessage(filters.First(), message);
        Exception? failure = null;
        try
        {
            AsyncServiceScope scope = scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                THandler handler = scope.ServiceProvider.GetRequiredService<THandler>();
                await handler.HandleAsync(message, Cancelling).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            failure = error;
            if (!Cancelling.IsCancellationRequested)
            {
                Logger.LogError(error, "A message of topic {Topic} could not be handled", message.Topic);
            }
        }

        measurement.Stop(null, failure);
    }
}
