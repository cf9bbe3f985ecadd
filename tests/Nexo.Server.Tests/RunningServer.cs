using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Nexo.Server.Hosting;

namespace Nexo.Server.Tests;

/// <summary>A server in this process, on ports of its own.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private RunningServer(WebApplication app)
    {
        App = app;
        Addresses = NexoServer.Addresses(app);
        Http = new HttpClient { BaseAddress = new Uri(Addresses.Http!), Timeout = TimeSpan.FromSeconds(10) };
    }

    public static NexoServerOptions Quiet { get; } = new()
    {
        Network = new() { Port = NetworkOptions.PortAny, HttpPort = NetworkOptions.PortAny },
        Log = new() { Level = LogLevel.None },
        DataDirectory = null,
    };

    public WebApplication App { get; }

    public ServerAddresses Addresses { get; }

    public HttpClient Http { get; }

    public static async Task<RunningServer> StartAsync(NexoServerOptions? options = null)
    {
        WebApplication app = NexoServer.Build(options ?? Quiet);
        await app.StartAsync();
        Assert.True(await NexoServer.WhenReadyAsync(app));
        return new RunningServer(app);
    }

    public Task<string> ReadAsync(string path) => Http.GetStringAsync(new Uri(path, UriKind.Relative));

    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(new Uri(path, UriKind.Relative));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.DisposeAsync();
    }
}
