using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nexo.EndToEnd.Tests.Data;
using Nexo.EndToEnd.Tests.Native;
using Nexo.EndToEnd.Tests.Security;
using Nexo.Server;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Http;

public sealed class HttpAdminTests
{
    [Fact]
    public async Task Who_asks_is_told_who_it_is_and_who_may_the_figures()
    {
        await using SecureServer secure = await SecureServer.StartAsync(ApiPeer.On);
        await secure.AllowAsync("ada", "store read *");
        using var ada = new ApiPeer(secure.Server, "ada");
        Assert.Equal("ada", (string?)(await ada.GetAsync("/v1/info")).Json["user"]);
        Assert.Equal(403, (await ada.GetAsync("/v1/stats")).Status);
        using var keeper = new ApiPeer(secure.Server, SecureServer.Operator);
        await keeper.PutAsync("/v1/store/one", "x");
        JsonNode stats = (await keeper.GetAsync("/v1/stats")).Json;
        Assert.Equal(1, (int)stats["store"]!["entries"]!);
        Assert.Equal(NexoServer.Version, ((string)stats["server"]!["version"]!).Split('+')[0]);
    }

    [Fact]
    public async Task Connections_are_listed_and_ended()
    {
        await using TestServer server = await TestServer.StartAsync(ApiPeer.On);
        using var peer = new ApiPeer(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        JsonArray clients = (await peer.GetAsync("/v1/clients")).Json["clients"]!.AsArray();
        Assert.Equal(["native", "http"], clients.Select(client => (string)client!["protocol"]!));
        Assert.Equal(other.Local, (string?)clients[0]!["address"]);
        Assert.True((bool)clients[1]!["own"]!);
        Assert.Equal(204, (await peer.DeleteAsync($"/v1/clients/{clients[0]!["id"]}")).Status);
        await Poll.UntilAsync(async () => (await peer.GetAsync("/v1/clients")).Json["clients"]!.AsArray().Count == 1);
        Assert.Equal(404, (await peer.DeleteAsync($"/v1/clients/{clients[0]!["id"]}")).Status);
        Assert.Equal(400, (await peer.DeleteAsync("/v1/clients/x")).Status);
    }

    [Fact]
    public async Task A_snapshot_is_on_disk_when_it_is_answered()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(DurableServer.On(options, disk)));
        using var peer = new ApiPeer(server);
        await peer.PutAsync("/v1/store/one", "x");
        ApiReply snapshot = await peer.PostAsync("/v1/snapshot");
        Assert.Equal(200, snapshot.Status);
        Assert.Equal(server.Native.Snapshots.Totals.LastBytes, (long)snapshot.Json["bytes"]!);

        await using TestServer withoutDisk = await TestServer.StartAsync(ApiPeer.On);
        using var memory = new ApiPeer(withoutDisk);
        Assert.Equal((400, "UnsupportedDurability"), (await memory.PostAsync("/v1/snapshot")) is var refused ? (refused.Status, refused.Error) : default);
    }

    [Fact]
    public async Task What_is_managed_is_written_down()
    {
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(options) with
        {
            Log = options.Log with { Level = LogLevel.Information },
        });
        using var lines = new AuditLines();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(lines);
        using var peer = new ApiPeer(server);
        await peer.PutAsync("/v1/queues/jobs.mail", "{}");
        await peer.GetAsync("/v1/queues/jobs.mail");
        await peer.DeleteAsync("/v1/queues/jobs.mail");
        Assert.Collection(
            lines.All,
            line => Assert.Matches("^operation user=- from=127.0.0.1:[0-9]+ what=QueueDeclare name=jobs.mail outcome=allowed$", line),
            line => Assert.Matches("^operation user=- from=127.0.0.1:[0-9]+ what=QueueDelete name=jobs.mail outcome=allowed$", line));
    }

    /// <summary>Keeps the lines of the audit log.</summary>
    private sealed class AuditLines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> All => _lines;

        public ILogger CreateLogger(string categoryName) => categoryName == "Nexo.Audit" ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
