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

/// <summary>Registers consumers of streams.</summary>
public static class NexoConsumerExtensions
{
    /// <summary>
    /// Has the records of a stream handled for a group while the host runs. Each has a scope of its own, from which its handler is taken.
    /// In an ordered group one record is handled after the other and the position committed behind them; in one that is shared by key
    /// several are, of each key one. A stop lets what runs end within a grace. A server that is away is waited for. Needs <c>AddNexo</c>.
    /// </summary>
    /// <example>
    /// <code>
    /// services.AddNexo("nexo://localhost:7654");
    /// services.AddNexoConsumer&lt;Order, OrderHandler&gt;("orders", "billing");
    /// </code>
    /// </example>
    /// <typeparam name="T">What the records say. One that cannot be read is as one that was rejected.</typeparam>
    /// <typeparam name="THandler">What handles them; registered as scoped unless it is registered.</typeparam>
    /// <param name="services">Where to register.</param>
    /// <param name="stream">The stream's name.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddNexoConsumer<
        T, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IServiceCollection services, string stream, string group, Action<NexoConsumerOptions>? configure = null)
        where THandler : class, INexoRecordHandler<T>
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(group);
        services.TryAddScoped<THandler>();

        // Not AddHostedService: two consumers of the same types may have two groups.
        return services.AddSingleton<IHostedService>(provider =>
        {
            var options = new NexoConsumerOptions();
            configure?.Invoke(options);
            options.Require();
            ILoggerFactory loggers = provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
            return new NexoConsumer<T, THandler>(
                provider.GetRequiredService<NexoClient>(),
                provider.GetRequiredService<IServiceScopeFactory>(),
                loggers.CreateLogger("Nexo.Client.Consumer"),
                stream,
                group,
                options);
        });
    }
}
