using Microsoft.AspNetCore.Builder;
using Nexo.Server;

namespace Nexo.EndToEnd.Tests;

/// <summary>The real server in this process, on ports of its own.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app, Uri native, Uri http)
    {
        _app = app;
        Port = native.Port;
        HttpUrl = http;
    }

    public int Port { get; }

    public Uri HttpUrl { get; }

    public string Url => $"nexo://127.0.0.1:{Port}";

    public IServiceProvider Services => _app.Services;

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
