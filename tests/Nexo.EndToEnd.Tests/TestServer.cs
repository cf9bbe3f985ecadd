using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nexo.Server;
using Nexo.Server.Native;

namespace Nexo.EndToEnd.Tests;

/// <summary>The real server in this process, on ports of its own.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app)
    {
        _app = app;
        Url = NexoServer.Addresses(app).Native!;
        Port = new Uri(Url).Port;
    }

    public int Port { get; }

    public string Url { get; }

    public IServiceProvider Services => _app.Services;

    public NativeServer Native => Services.GetRequiredService<NativeServer>();

    public static async Task<TestServer> StartAsync(Func<NexoServerOptions, NexoServerOptions>? change = null)
    {
        var options = new NexoServerOptions
        {
            Network = new NetworkOptions { Port = NetworkOptions.PortAny, HttpPort = NetworkOptions.HttpOff },
            Log = new LogOptions { Level = LogLevel.Error },
            DataDirectory = null,
        };
        WebApplication app = NexoServer.Build(change?.Invoke(options) ?? options);
        await app.StartAsync();
        Assert.True(await NexoServer.WhenReadyAsync(app));
        return new TestServer(app);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
