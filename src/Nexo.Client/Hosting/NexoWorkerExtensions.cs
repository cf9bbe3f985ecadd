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

/// <summary>Registers workers.</summary>
public static class NexoWorkerExtensions
{
    /// <summary>
    /// Works off the jobs of a queue while the host runs. Each job gets a scope of its own, from which its handler is taken. Leases
    /// are extended while jobs run and wait; a stop takes no more, lets what runs end within a grace, and gives the rest back. A
    /// server that is away is waited for. Needs <c>AddNexo</c>.
    /// </summary>
    /// <example>
    /// <code>
    /// services.AddNexo("nexo://localhost:7654");
    /// services.AddNexoWorker&lt;Email, EmailHandler&gt;("emails", options => options.Concurrency = 16);
    /// </code>
    /// </example>
    /// <typeparam name="TJob">What the queue's messages say. One that cannot be read becomes a dead letter.</typeparam>
    /// <typeparam name="THandler">What works them off; registered as scoped unless it is registered.</typeparam>
    /// <param name="services">Where to register.</param>
    /// <param name="queue">The queue's name.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddNexoWorker<
        TJob, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IServiceCollection services, string queue, Action<NexoWorkerOptions>? configure = null)
        where THandler : class, INexoJobHandler<TJob>
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(queue);
        services.TryAddScoped<THandler>();

        // Not AddHostedService: two workers of the same types may serve two queues.
        return services.AddSingleton<IHostedService>(provider =>
        {
            var options = new NexoWorkerOptions();
            configure?.Invoke(options);
            options.Require();
            ILoggerFactory loggers = provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
            return new NexoWorker<TJob, THandler>(
                provider.GetRequiredService<NexoClient>(),
                provider.GetRequiredService<IServiceScopeFactory>(),
                loggers.CreateLogger("Nexo.Client.Worker"),
                queue,
                options);
        });
    }
}
