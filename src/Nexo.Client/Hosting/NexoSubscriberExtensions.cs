using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nexo.Client;

// The namespace in which everybody already has what registers services.
#pragma warning disable IDE0130
namespace Microsoft.Extensions.DependencyInjection;
#pragma warning restore IDE0130

/// <summary>Registers subscribers to topics.</summary>
public static class NexoSubscriberExtensions
{
    /// <summary>
    /// Has the messages of a filter handled while the host runs, one after the other, in their order. Each has a scope of its own,
    /// from which its handler is taken. A server that is away is waited for. Needs <c>AddNexo</c>. Several subscribers, or several
    /// processes, share the messages when their filter is <c>$share/GROUP/FILTER</c>.
    /// </summary>
    /// <example>
    /// <code>
    /// services.AddNexo("nexo://localhost:7654");
    /// services.AddNexoSubscriber&lt;Reading, ReadingHandler&gt;("rooms/+/temperature");
    /// </code>
    /// </example>
    /// <typeparam name="T">What the messages say.</typeparam>
    /// <typeparam name="THandler">What handles them; registered as scoped unless it is registered.</typeparam>
    /// <param name="services">Where to register.</param>
    /// <param name="filter">Which topics.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddNexoSubscriber<
        T, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IServiceCollection services, string filter, Action<NexoSubscriberOptions>? configure = null)
        where THandler : class, INexoTopicHandler<T> =>
        services.AddNexoSubscriber<T, THandler>([filter], configure);

    /// <summary>As the other one, with several filters. A message that matches more than one of them comes once.</summary>
    /// <inheritdoc cref="AddNexoSubscriber{T, THandler}(IServiceCollection, string, Action{NexoSubscriberOptions}?)"/>
    /// <param name="services">Where to register.</param>
    /// <param name="filters">Which topics; at least one filter.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddNexoSubscriber<
        T, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IServiceCollection services,
        IReadOnlyCollection<string> filters,
        Action<NexoSubscriberOptions>? configure = null)
        where THandler : class, INexoTopicHandler<T>
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(filters);
        ArgumentOutOfRangeException.ThrowIfZero(filters.Count, nameof(filters));
        services.TryAddScoped<THandler>();

        // Not AddHostedService: two subscribers of the same types may have two filters.
        return services.AddSingleton<IHostedService>(provider =>
        {
            var options = new NexoSubscriberOptions();
            configure?.Invoke(options);
            options.Require();
            ILoggerFactory loggers = provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
            return new NexoSubscriber<T, THandler>(
                provider.GetRequiredService<NexoClient>(),
                provider.GetRequiredService<IServiceScopeFactory>(),
                loggers.CreateLogger("Nexo.Client.Subscriber"),
                filters,
                options);
        });
    }
}
