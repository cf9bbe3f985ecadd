using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nexo.Engine.Memory;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;
using Nexo.Server.Data;
using Nexo.Server.Mqtt;
using Nexo.Server.Observability;
using Nexo.Server.Pressure;
using Nexo.Server.Topics;

namespace Nexo.Server.Native;

/// <summary>What the ports need from the container.</summary>
internal static class NativeServices
{
    /// <summary>Registers the brokers, the connections and their life. The listener and the authenticator are the host's.</summary>
    public static IServiceCollection AddNativePort(this IServiceCollection services, NexoServerOptions options)
    {
        services.AddSingleton(_ => options.Machine ?? new MachineMemory());
        services.AddSingleton<MemoryPressure>();
        services.AddSingleton(provider => provider.GetRequiredService<MemoryPressure>().Cap);
        services.AddSingleton(provider => new DiskPressure(
            options,
            options.Disk
                ?? (options is { KeepsData: true, OpenDisk: null, DataDirectory: { } directory } ? new MachineDisk(directory) : null),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DiskPressure>>()));
        services.AddSingleton<PressureWatch>();
        services.AddSingleton(provider => new TopicBuffers(options.Topics.BufferedBytesMax, provider.GetRequiredService<MemoryCap>()));
        services.AddSingleton<ClientConnections>();
        services.AddSingleton<MqttCounters>();
        services.AddSingleton<FactBoard>();
        services.AddSingleton<BrokerSurroundings>();
        services.AddSingleton<BrokerSet>();
        services.AddHostedService<PersistenceLifetime>();
        services.AddHostedService<NativeLifetime>();
        services.AddHostedService(provider => provider.GetRequiredService<PressureWatch>());

        // Every connection begins at these.
        services.AddSingleton(provider => provider.GetRequiredService<BrokerSet>().Default.Native);
        services.AddSingleton(provider => provider.GetRequiredService<BrokerSet>().Default.Resp);
        services.AddSingleton(provider => provider.GetRequiredService<BrokerSet>().Default.Mqtt);
        services.AddSingleton<MqttWebSocket>();
        return services;
    }
}

/// <summary>
/// Ends the connections before the listeners stop: a client hears GOAWAY while its connection still works. When nobody is there any
/// more, the engine's ticks end.
/// </summary>
internal sealed class NativeLifetime(NexoServerOptions options, ClientConnections connections, BrokerSet brokers) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.Connections.StopGraceMs);

        // Who waits for a snapshot is answered now: else its connection is waited for, and cut in the end.
        connections.BeginStop();
        await brokers.BeginStopAsync();
        await connections.StopAsync(deadline.Token);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        brokers.StopTicks();
        connections.Dispose();
        return Task.CompletedTask;
    }
}
