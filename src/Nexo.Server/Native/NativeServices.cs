using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Engine.Store;
using Nexo.Protocol;
using Nexo.Server.Data;
using Nexo.Server.Hosting;

namespace Nexo.Server.Native;

/// <summary>What the native port needs from the container.</summary>
internal static class NativeServices
{
    /// <summary>Registers the store, the native server and their life. The listener and the authenticator are the host's.</summary>
    public static IServiceCollection AddNativePort(this IServiceCollection services, NexoServerOptions options)
    {
        services.AddSingleton(StoreLimitsOf(options));
        services.AddSingleton(provider => new StoreService(
            provider.GetRequiredService<StoreLimits>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Persistence>();
        services.AddSingleton<SnapshotService>();
        services.AddHostedService<PersistenceLifetime>();
        services.AddSingleton<NativeServer>();
        services.AddSingleton<StoreTicker>();
        services.AddHostedService<NativeLifetime>();
        return services;
    }

    /// <summary>The longest value is what fits a frame together with the longest key and the fixed parts of a SET.</summary>
    private static StoreLimits StoreLimitsOf(NexoServerOptions options)
    {
        var limits = new StoreLimits();
        const int FixedPartsMax = 1_024;
        return limits with
        {
            ValueBytesMax = options.Connections.FrameBytesMax - limits.KeyBytesMax - FixedPartsMax - FrameHeader.Size,
            MemoryBytesMax = options.Store.MaxMemory,
            Eviction = options.Store.Eviction,
            Shards = options.Store.Shards,
        };
    }
}

/// <summary>
/// Starts the store's ticks, and ends the native connections before the listeners stop: a client hears GOAWAY while its
/// connection still works.
/// </summary>
internal sealed class NativeLifetime(NexoServerOptions options, NativeServer server, StoreTicker ticker)
    : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.Connections.StopGraceMs);
        await server.StopAsync(deadline.Token);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        ticker.Dispose();
        server.Dispose();
        return Task.CompletedTask;
    }
}
