using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexo.Client;

// The namespace in which everybody already has what registers services.
#pragma warning disable IDE0130
namespace Microsoft.Extensions.DependencyInjection;
#pragma warning restore IDE0130

/// <summary>Registers <see cref="NexoClient"/> and its health check.</summary>
public static class NexoServiceCollectionExtensions
{
    /// <summary>Registers one <see cref="NexoClient"/> for the whole program. It connects when it is first
    /// used.</summary>
    /// <param name="services">Where to register.</param>
    /// <param name="url">As in <see cref="NexoClientOptions.Url"/>.</param>
    public static IServiceCollection AddNexo(this IServiceCollection services, string url) =>
        services.AddNexo(options => options.Url = url);

    /// <summary>Registers one <see cref="NexoClient"/> for the whole program. It connects when it is first
    /// used.</summary>
    /// <param name="services">Where to register.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddNexo(this IServiceCollection services, Action<NexoClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.TryAddSingleton(_ =>
        {
            var options = new NexoClientOptions();
            configure(options);
            return new NexoClient(options);
        });
        return services;
    }

    /// <summary>Connects when the host starts rather than at the first call. A server that is away does not stop the
    /// start; one that refuses (credentials, version) does.</summary>
    public static IServiceCollection ConnectNexoAtStart(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddHostedService<NexoConnectAtStart>();
    }

    /// <summary>Adds a check that pings the server.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">What to report when the ping fails; unhealthy unless it is given.</param>
    /// <param name="tags">Tags of the check.</param>
    public static IHealthChecksBuilder AddNexo(
        this IHealthChecksBuilder builder,
        string name = "nexo",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            services => new NexoHealthCheck(services.GetRequiredService<NexoClient>()),
            failureStatus,
            tags));
    }
}
