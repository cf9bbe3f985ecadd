using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nexo.Server;
using Nexo.Server.Native;
using Nexo.Server.Settings;

namespace Nexo.EndToEnd.Tests;

/// <summary>The real server in this process, on ports of its own, with nothing on disk unless a test says so.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app)
    {
        _app = app;
        Url = NexoServer.Addresses(app).Native!;
        HttpUrl = NexoServer.Addresses(app).Http;
        Port = new Uri(Url).Port;
        MqttPort = NexoServer.Addresses(app).Mqtt is { } mqtt ? new Uri(mqtt).Port : 0;
    }

    public int Port { get; }

    /// <summary>0: off.</summary>
    public int MqttPort { get; }

    public string Url { get; }

    public string? HttpUrl { get; }

    public string? RespUrl => NexoServer.Addresses(_app).Resp;

    public int RespPort => new Uri(RespUrl!).Port;

    public IServiceProvider Services => _app.Services;

    public NativeServer Native => Services.GetRequiredService<NativeServer>();

    public static async Task<TestServer> StartAsync(
        Func<NexoServerOptions, NexoServerOptions>? change = null, SettingsInput? reloadFrom = null)
    {
        TestServer server = await BeginAsync(change, reloadFrom);
        try
        {
            Assert.True(await server.WhenReadyAsync());
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server that may not be ready yet.</summary>
    public static async Task<TestServer> BeginAsync(
        Func<NexoServerOptions, NexoServerOptions>? change = null, SettingsInput? reloadFrom = null)
    {
        var options = new NexoServerOptions
        {
            Network = new NetworkOptions { Port = NetworkOptions.PortAny, HttpPort = NetworkOptions.HttpOff },
            Log = new LogOptions { Level = LogLevel.Error },

            // What is slow is told, and that costs something: on a busy machine anything may be.
            Slow = new SlowOptions { ThresholdMs = 0 },
            DataDirectory = null,
        };
        WebApplication app = NexoServer.Build(change?.Invoke(options) ?? options, reloadFrom: reloadFrom);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new TestServer(app);
    }

    public Task<bool> WhenReadyAsync() => NexoServer.WhenReadyAsync(_app);

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
