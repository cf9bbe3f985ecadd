using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Mqtt;
using Nexo.EndToEnd.Tests.Native;
using Nexo.EndToEnd.Tests.Resp;
using Nexo.EndToEnd.Tests.Security;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Hosting;

/// <summary>Who is connected, and the end of connections, as an operator has them.</summary>
public sealed class ClientsTests
{
    [Fact]
    public async Task Connections_of_all_protocols_are_listed_with_what_they_are()
    {
        await using TestServer server = await RespServers.StartAsync(MqttUser.WithMqtt);
        using RawPeer native = await RawPeer.GreetAsync(server, new HelloRequest { ClientName = "tour" });
        await using RespPeer redis = await RespPeer.ConnectAsync(server);
        Assert.Equal("+OK", await redis.CallAsync("CLIENT SETNAME cache"));
        using MqttPeer mqtt = await MqttPeer.GreetAsync(server, clientId: "sensor");

        CliResult listed = await CliRunner.For(server.Url).Run("clients", "list", "--json");

        Assert.Equal(0, listed.ExitCode);
        Dictionary<string, JsonElement> byClient = listed.Lines
            .Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(one => one.GetProperty("client").GetString()!);
        Assert.Equal(4, byClient.Count);
        Assert.Equal("native", Text(byClient["tour"], "protocol"));
        Assert.Equal(native.Local, Text(byClient["tour"], "address"));
        Assert.Equal("redis", Text(byClient["cache"], "protocol"));
        Assert.Equal("mqtt", Text(byClient["sensor"], "protocol"));
        Assert.Equal(["tour", "cache", "sensor"], byClient.Where(one => !one.Value.GetProperty("own").GetBoolean()).Select(one => one.Key));
        Assert.All(byClient.Values, one => Assert.True(one.GetProperty("received_bytes").GetInt64() > 0));
        Assert.InRange(byClient["tour"].GetProperty("connected_at_ms").GetInt64(), Ago(minutes: 10), Ago(minutes: -10));
    }

    [Fact]
    public async Task Only_what_is_meant_is_listed_and_ended_and_told_why()
    {
        await using TestServer server = await RespServers.StartAsync(MqttUser.WithMqtt);
        using RawPeer native = await RawPeer.GreetAsync(server, new HelloRequest { ClientName = "tour" });
        await using RespPeer redis = await RespPeer.ConnectAsync(server);
        Assert.Equal("+PONG", await redis.CallAsync("PING"));
        using MqttPeer mqtt = await MqttPeer.GreetAsync(server, clientId: "sensor");
        CliRunner cli = CliRunner.For(server.Url);

        string[] line = (await cli.Run("clients", "list", "--protocol", "mqtt")).Lines.Single().Split('\t');
        Assert.Equal(("mqtt", "sensor"), (line[1], line[4]));
        Assert.Empty((await cli.Run("clients", "list", "--protocol", "mqtt", "--client", "tour")).Lines);
        Assert.Empty((await cli.Run("clients", "list", "--user", "ada")).Lines);
        Assert.Empty((await cli.Run("clients", "list", "--address", "10.0.")).Lines);
        Assert.Equal(4, (await cli.Run("clients", "list", "--address", "127.0.0.1:")).Lines.Length);

        Assert.Equal(("1\n", 0), Of(await cli.Run("clients", "kill", line[0])));
        await mqtt.ExpectEndAsync(MqttReason.AdministrativeAction);
        await Poll.UntilAsync(async () => (await cli.Run("clients", "list", "--protocol", "mqtt")).Lines.Length == 0);
        Assert.Equal(("0\n", 1), Of(await cli.Run("clients", "kill", line[0])));

        Assert.Equal(("1\n", 0), Of(await cli.Run("clients", "kill", "--client", "tour")));
        Frame goAway = await native.ReadAsync();
        Assert.Equal((Opcode.GoAway, ErrorCode.Cancelled), (goAway.Header.Opcode, goAway.Code));
        Assert.Empty(await native.ReadToEndAsync());

        // All that is left but the one that asks.
        Assert.Equal(("1\n", 0), Of(await cli.Run("clients", "kill", "--address", "127.0.0.1:", "--yes")));
        Assert.True(await redis.IsClosedAsync());
        Assert.Equal(2, (await cli.Run("clients", "kill")).ExitCode);
        Assert.Equal(2, (await cli.Run("clients", "kill", "7", "--user", "ada")).ExitCode);
    }

    [Fact]
    public async Task A_list_comes_page_by_page_and_nobody_is_left_out_or_there_twice()
    {
        await using TestServer server = await TestServer.StartAsync();
        var peers = new List<RawPeer>();
        for (int i = 0; i < 7; i++)
        {
            peers.Add(await RawPeer.GreetAsync(server, new HelloRequest { ClientName = $"c{i}" }));
        }

        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        var names = new List<string>();
        NexoPage<NexoConnection> page;
        ReadOnlyMemory<byte> cursor = default;
        do
        {
            page = await client.Admin.ListConnectionsPageAsync("", cursor, limit: 2);
            names.AddRange(page.Items.Where(one => !one.IsOwn).Select(one => one.Client));
            cursor = page.Cursor;
        }
        while (!cursor.IsEmpty);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"c{i}"), names);
        peers.ForEach(peer => peer.Dispose());
    }

    [Theory]
    [InlineData(0u, "")]
    [InlineData(10_001u, "")]
    [InlineData(10u, "short")]
    public async Task A_page_that_cannot_be_is_refused(uint limit, string cursor)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);

        Frame answer = await peer.AskAsync(Opcode.AdminConnections, 3, buffer =>
            new ScanRequest { Limit = limit, Cursor = System.Text.Encoding.UTF8.GetBytes(cursor) }.Write(buffer));

        Assert.Equal(cursor.Length > 0 ? ErrorCode.CursorInvalid : ErrorCode.InvalidArgument, answer.Code);
    }

    [Fact]
    public async Task Nobody_ends_the_connection_that_asks()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        NexoConnection own = await client.Admin.ListConnectionsAsync().SingleAsync();

        Assert.False(await client.Admin.DisconnectAsync(own.Id));
        Assert.True(own.IsOwn);
    }

    [Fact]
    public async Task Whose_connection_was_ended_and_by_whom_is_written_down()
    {
        var lines = new ConcurrentQueue<string>();
        await using SecureServer secure = await SecureServer.StartAsync(
            options => options with { Log = options.Log with { Level = LogLevel.Information } });
        await secure.AllowAsync("ada", "store read *");
        using RawPeer ada = await secure.GreetAsync("ada");
        using RawPeer keeper = await secure.GreetAsync(SecureServer.Operator);
        ClientConnection hers = secure.Server.Native.Clients.All.Single(one => one.User == "ada");
        secure.Server.Services.GetRequiredService<ILoggerFactory>().AddProvider(new AuditLines(lines));

        Frame refused = await ada.AskAsync(Opcode.AdminDisconnect, 3, buffer => new DisconnectRequest(1).Write(buffer));
        Assert.Equal(ErrorCode.PermissionDenied, refused.Code);
        await keeper.AskAsync(Opcode.AdminDisconnect, 3, buffer => new DisconnectRequest((ulong)hers.Id).Write(buffer));

        string line = Assert.Single(lines, line => line.Contains("outcome=allowed", StringComparison.Ordinal));
        Assert.Contains($"user={SecureServer.Operator} ", line, StringComparison.Ordinal);
        Assert.Contains($"what=AdminDisconnect name={hers.Id}", line, StringComparison.Ordinal);
        Assert.Contains($"ada@{ada.Local}", line, StringComparison.Ordinal);
    }

    private static string Text(JsonElement one, string name) => one.GetProperty(name).GetString()!;

    private static (string, int) Of(CliResult result) => (result.Output + result.Error, result.ExitCode);

    /// <summary>Keeps the lines of the audit log.</summary>
    private sealed class AuditLines(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => categoryName == AuditLog.Category ? this : NullLogger.Instance;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(formatter(state, exception));
    }

    private static long Ago(int minutes) => DateTimeOffset.UtcNow.AddMinutes(-minutes).ToUnixTimeMilliseconds();
}
