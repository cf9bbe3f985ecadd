using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;
using Nexo.Server.Data;
using Nexo.Server.Hosting;
using Nexo.Server.Http;
using Nexo.Server.Http.Api;
using Nexo.Server.Http.Links;
using Nexo.Server.Native;
using Nexo.Server.Observability;
using Nexo.Server.Pressure;
using Nexo.Server.Security;
using Nexo.Server.Settings;
using Nexo.Server.Tls;
using Nexo.Server.Transport;

namespace Nexo.Server;

/// <summary>Puts a server together.</summary>
public static class NexoServer
{
    private const int ReadAheadBytesMax = 128 * 1_024;

    // Beyond the grace for requests in flight: closing listeners and flushing logs.
    private static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(5);

    /// <summary>The version of this build.</summary>
    public static string Version => ServerFacts.ShortVersion;

    /// <summary>
    /// Lets the sockets' threads run each request where they learned of it. The runtime reads this once, at the first
    /// socket of the process, so a program that is a server calls it before that; what its environment says comes first.
    /// </summary>
    public static void PrepareProcess(NetworkOptions network)
    {
        // Where event loops serve the native protocol, HTTP is all that is left for the runtime's own.
        int threads = OperatingSystem.IsLinux() ? 1 : LoopsMax(network);
        SetUnlessSet("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        SetUnlessSet("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", threads.ToString());
    }

    /// <summary>A server that is ready to be started; it ends with <c>StopAsync</c> and <c>DisposeAsync</c>.</summary>
    /// <param name="handleSignals">True in a program that is nothing but the server: SIGTERM and SIGINT stop it.</param>
    /// <param name="reloadFrom">Where the options were read from, to be read anew when that changes; null: they stay as they are.</param>
    /// <exception cref="ServerStartException">
    /// The settings contradict each other; starting throws it when a port is taken, or the data directory cannot be used.
    /// </exception>
    public static WebApplication Build(
        NexoServerOptions options, bool handleSignals = false, SettingsInput? reloadFrom = null)
    {
        if (SettingsCheck.Find(options).FirstOrDefault() is { } problem)
        {
            throw new ServerStartException(problem);
        }

        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "nexo" });
        var level = new LogLevelSwitch(options.Log.Level);
        var pace = new LogPace(options, TimeProvider.System);
        builder.Services.AddSingleton<ILiveSettings>(pace);
        LogSetup.Configure(builder.Logging, options.Log, level, pace);
        var listeners = new Listeners(options);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(listeners.Configure);
        AddServices(builder.Services, options);
        AddTls(builder.Services, options.Tls);
        AddReload(builder.Services, options, level, reloadFrom);
        AddBackups(builder.Services, options.Backup);
        AddTransport(builder.Services, listeners, options.Network);
        AddLifetime(builder.Services, options, handleSignals);

        WebApplication app = builder.Build();
        app.UseNexoHttp();
        return app;
    }

    /// <summary>Where a server that was started listens.</summary>
    public static ServerAddresses Addresses(WebApplication app) => app.Services.GetRequiredService<Listeners>().Addresses;

    /// <summary>
    /// Ends when a server that was started has read its data back and serves: with false, when it was stopped before.
    /// </summary>
    /// <exception cref="ServerStartException">The data cannot be read.</exception>
    public static Task<bool> WhenReadyAsync(WebApplication app) =>
        app.Services.GetRequiredService<BrokerSet>().WhenReadyAsync();

    private static int LoopsMax(NetworkOptions network) =>
        network.Threads > 0 ? network.Threads : Environment.ProcessorCount;

    private static void SetUnlessSet(string variable, string value) =>
        Environment.SetEnvironmentVariable(variable, Environment.GetEnvironmentVariable(variable) ?? value);

    private static void AddServices(IServiceCollection services, NexoServerOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        var users = UserDirectory.Load(options);
        services.AddSingleton(users);
        services.AddSingleton<IReloadable>(users);
        services.AddSingleton<AuditLog>();
        services.AddSingleton<Authenticator>();
        services.AddSingleton<IAuthenticator>(provider => provider.GetRequiredService<Authenticator>());
        services.AddNativePort(options);
        services.AddSingleton<LiveObservability>();
        services.AddSingleton<SlowLog>();
        services.AddSingleton<NexoMetrics>();
        if (OtlpExport.IsWanted(options))
        {
            services.AddHostedService<OtlpExport>();
        }

        services.AddSingleton<Readiness>();
        services.AddSingleton<StatusPage>();
        services.AddSingleton<HttpAccess>();
        services.AddSingleton<HttpLinks>();
        services.AddSingleton<BrowserGuard>();
        services.AddSingleton<ApiDispatcher>();
    }

    private static void AddTls(IServiceCollection services, TlsOptions options)
    {
        if (!options.IsOn)
        {
            return;
        }

        if (TlsFiles.TryLoad(options, TimeProvider.System.GetUtcNow(), out string problem) is not { } identity)
        {
            throw new ServerStartException(problem);
        }

        services.AddSingleton(options);
        services.AddSingleton(provider => new TlsIdentities(options, identity, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IReloadable>(provider => provider.GetRequiredService<TlsIdentities>());
        services.AddSingleton<ILiveSettings>(provider => provider.GetRequiredService<TlsIdentities>());
        services.AddSingleton<Handshakes>();
        services.AddSingleton<TlsGate>();
        services.AddSingleton<CertificateWatch>();
    }

    private static void AddReload(
        IServiceCollection services, NexoServerOptions options, LogLevelSwitch level, SettingsInput? reloadFrom)
    {
        services.AddSingleton<ILiveSettings>(level);
        services.AddSingleton<ILiveSettings>(provider => provider.GetRequiredService<LiveObservability>());
        services.AddSingleton<ILiveSettings>(provider => provider.GetRequiredService<ClientConnections>());
        services.AddSingleton<ILiveSettings>(provider => provider.GetRequiredService<Authenticator>());
        services.AddSingleton<ILiveSettings>(provider => provider.GetRequiredService<UserDirectory>());
        services.AddSingleton<ILiveSettings>(provider => provider.GetRequiredService<MemoryPressure>());
        services.AddSingleton<ILiveSettings>(provider => provider.GetRequiredService<DiskPressure>());
        if (reloadFrom is not null)
        {
            services.AddSingleton<IReloadable>(
                provider => new SettingsReload(reloadFrom, options, provider.GetServices<ILiveSettings>()));
        }

        services.AddSingleton<ReloadService>();
        services.AddHostedService(provider => provider.GetRequiredService<ReloadService>());
        services.AddSingleton<ClockWatch>();
        services.AddHostedService<ServerWatch>();
    }

    private static void AddBackups(IServiceCollection services, BackupOptions options)
    {
        if (options.Schedule is not null)
        {
            services.AddSingleton<ScheduledBackups>();
            services.AddHostedService(provider => provider.GetRequiredService<ScheduledBackups>());
        }
    }

    // In place of what Kestrel brings.
    private static void AddTransport(IServiceCollection services, Listeners listeners, NetworkOptions network)
    {
        services.AddSingleton(listeners);
        services.AddSingleton(_ => new EventLoops(LoopsMax(network)));
        services.AddSingleton<SocketTransportFactory>();
        services.Replace(ServiceDescriptor.Singleton<IConnectionListenerFactory, ListenerFactory>());
        services.Replace(ServiceDescriptor.Singleton<IMemoryPoolFactory<byte>, SocketBlockPoolFactory>());
        services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;

            // Waiting with an empty read first would spare an idle connection its 16 KiB block, for one more system call
            // before every read of a busy one. Redis keeps as much for a client.
            sockets.WaitForDataBeforeAllocatingBuffer = false;

            // What a peer may send ahead while it is not being read, before it has said who it is too.
            sockets.MaxReadBufferSize = ReadAheadBytesMax;

            // A flush completes only when the socket has taken all of it: `Outbox` builds on that.
            sockets.MaxWriteBufferSize = 1;
            sockets.CreateBoundListenSocket = ListenerFactory.CreateBoundSocket;
        });
    }

    private static void AddLifetime(IServiceCollection services, NexoServerOptions options, bool handleSignals)
    {
        // Of the program's own process, so not where the server is part of another.
        if (handleSignals && Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not null)
        {
            services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
            services.AddSingleton<SelfProbe>();
            services.AddHostedService<SystemdNotices>();
        }

        services.Configure<HostOptions>(host => host.ShutdownTimeout =
            TimeSpan.FromMilliseconds(options.Connections.StopGraceMs) + StopMargin);
        services.Replace(handleSignals
            ? ServiceDescriptor.Singleton<IHostLifetime, SignalLifetime>()
            : ServiceDescriptor.Singleton<IHostLifetime, HostedLifetime>());
    }
}
