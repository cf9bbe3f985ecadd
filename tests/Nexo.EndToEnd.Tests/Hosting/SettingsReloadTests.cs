using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nexo.Client;
using Nexo.Protocol;
using Nexo.Server.Hosting;
using Nexo.Server.Security;
using Nexo.Server.Settings;

namespace Nexo.EndToEnd.Tests.Hosting;

/// <summary>A running server takes up what of its settings it can, whole or not at all.</summary>
public sealed class SettingsReloadTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nexo-reload-");
    private readonly ConcurrentDictionary<string, string> _hashes = new();

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_changed_file_changes_limits_for_new_connections_and_cuts_none()
    {
        await using TestServer server = await StartAsync("""{ "connections": { "max": 3 } }""");
        await using NexoClient first = await NexoClient.ConnectAsync(server.Url);
        await using NexoClient second = await NexoClient.ConnectAsync(server.Url);

        await WriteAsync("""{ "connections": { "max": 1 } }""");
        await Poll.UntilAsync(() => server.Native.Clients.Options.ConnectionsMax == 1);

        NexoException refused = await Assert.ThrowsAsync<NexoException>(async () => await NexoClient.ConnectAsync(server.Url));
        Assert.Equal(ErrorCode.TooManyConnections, refused.Code);
        await first.Store.SetBytesAsync("k", new byte[] { 1 });
        await second.Store.SetBytesAsync("k", new byte[] { 1 });
    }

    [Fact]
    public async Task The_log_level_is_turned_while_it_runs()
    {
        await using TestServer server = await StartAsync("""{ "log": { "level": "error" } }""");
        ILogger log = server.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Nexo.Test");
        ILogger framework = server.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore");
        Assert.False(log.IsEnabled(LogLevel.Warning));

        await WriteAsync("""{ "log": { "level": "debug" } }""");
        await Poll.UntilAsync(() => log.IsEnabled(LogLevel.Debug));

        Assert.False(log.IsEnabled(LogLevel.Trace));
        Assert.False(framework.IsEnabled(LogLevel.Information));
        Assert.True(framework.IsEnabled(LogLevel.Warning));
    }

    [Theory]
    [InlineData("""{ "connections": { "max": 7, "idle-timeout": "never" } }""", "idle-timeout")]
    [InlineData("""{ "connections": { "max": 7 }, "log": { "colour": "red" } }""", "log.colour")]
    [InlineData("""{ "connections": { "max": 7 """, "line 1")]
    [InlineData("""{ "connections": { "max": 7, "ping-after-idle": "1h" } }""", "ping-after-idle")]
    public async Task A_file_with_one_bad_line_changes_nothing(string bad, string named)
    {
        await using TestServer server = await StartAsync("""{ "connections": { "max": 3 } }""");
        SettingsReload reload = server.Services.GetServices<IReloadable>().OfType<SettingsReload>().Single();

        await WriteAsync(bad);
        ReloadOutcome outcome = reload.Reload();

        Assert.Equal(ReloadVerdict.Refused, outcome.Verdict);
        Assert.Contains(named, outcome.Text, StringComparison.Ordinal);
        Assert.Equal(3, server.Native.Clients.Options.ConnectionsMax);

        // Whoever looks later is told too, until it is mended.
        ReloadService reloads = server.Services.GetRequiredService<ReloadService>();
        reloads.ReloadAll();
        Assert.Contains(named, await ProblemAsync(server), StringComparison.Ordinal);
        await WriteAsync("{}");
        reloads.ReloadAll();
        Assert.Empty(await ProblemAsync(server));
    }

    [Fact]
    public async Task What_needs_a_restart_is_named_once()
    {
        await using TestServer server = await StartAsync("""{ "connections": { "max": 3 } }""");
        SettingsReload reload = server.Services.GetServices<IReloadable>().OfType<SettingsReload>().Single();

        await WriteAsync("""{ "connections": { "max": 4 }, "queues": { "max": 5 }, "tls": { "client-ca": "x" } }""");
        ReloadOutcome first = reload.Reload();

        Assert.Equal(ReloadVerdict.AppliedInPart, first.Verdict);
        Assert.Contains("connections.max is 4", first.Text, StringComparison.Ordinal);
        Assert.Contains("only a restart puts into force queues.max, tls.client-ca", first.Text, StringComparison.Ordinal);
        Assert.Equal(ReloadVerdict.Unchanged, reload.Reload().Verdict);
    }

    [Fact]
    public async Task Failed_logins_are_held_to_the_new_limits()
    {
        var limiter = new FailureLimiter(5, 60_000, TimeProvider.System);
        Assert.True(limiter.TryTake(null, out _));
        Assert.True(limiter.TryTake(null, out _));

        limiter.Change(2, 60_000);
        Assert.False(limiter.TryTake(null, out _));
        limiter.Change(3, 60_000);
        Assert.True(limiter.TryTake(null, out _));

        await using TestServer server = await StartAsync("""{ }""");
        SettingsReload reload = server.Services.GetServices<IReloadable>().OfType<SettingsReload>().Single();
        await WriteAsync("""{ "security": { "failure-burst": 3 } }""");
        Assert.Equal("security.failure-burst is 3", reload.Reload().Text);
    }

    [Fact]
    public async Task Users_of_the_settings_come_and_go_and_are_given_other_rules_while_the_server_runs()
    {
        await using TestServer server = await StartAsync(Users("ada", "ada: store read,write *"));
        SettingsReload reload = server.Services.GetServices<IReloadable>().OfType<SettingsReload>().Single();
        Assert.Equal(ReloadVerdict.Applied, reload.Reload().Verdict);
        await using NexoClient ada = await LogInAsync(server, "ada");
        await ada.Store.SetBytesAsync("k", new byte[] { 1 });

        // She may do less, and another one comes.
        await WriteAsync(Users("ada,bob", "ada: store read *", "bob: store write *"));
        Assert.Equal(ReloadVerdict.Applied, reload.Reload().Verdict);
        NexoException refused = await Assert.ThrowsAsync<NexoException>(async () => await ada.Store.SetBytesAsync("k", new byte[] { 1 }));
        Assert.Equal(ErrorCode.PermissionDenied, refused.Code);
        Assert.NotNull(await ada.Store.GetBytesAsync("k"));
        await using NexoClient bob = await LogInAsync(server, "bob");
        await bob.Store.SetBytesAsync("k", new byte[] { 2 });

        // A rule for nobody, and no users at all, will not do: all stays.
        await WriteAsync(Users("ada,bob", "eve: store read *"));
        Assert.Equal(ReloadVerdict.Refused, reload.Reload().Verdict);
        await WriteAsync("{}");
        ReloadOutcome open = reload.Reload();
        Assert.Equal(ReloadVerdict.Refused, open.Verdict);
        Assert.Contains("only a restart", open.Text, StringComparison.Ordinal);
        await bob.Store.SetBytesAsync("k", new byte[] { 3 });

        // Who is gone is sent away, and not let in again.
        await WriteAsync(Users("bob", "bob: store write *"));
        Assert.Equal(ReloadVerdict.Applied, reload.Reload().Verdict);
        NexoException gone = await Assert.ThrowsAsync<NexoException>(async () => await LogInAsync(server, "ada"));
        Assert.Equal(ErrorCode.AuthenticationFailed, gone.Code);
        await Poll.UntilAsync(() => server.Native.Clients.All.All(connection => connection.User != "ada"));
        await bob.Store.SetBytesAsync("k", new byte[] { 4 });
    }

    [Fact]
    public async Task A_reload_of_the_settings_takes_no_user_of_a_file_that_is_away()
    {
        string file = Path.Combine(_directory.FullName, UsersFile.Name);
        await new UsersFile(file).ChangeAsync(
            _ => [new UserEntry("eve") { Tokens = [new UserToken("own", TokenHash.Of("eve"), default, null)] }], CancellationToken.None);
        await WriteAsync("{}");
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Security = options.Security with { UsersFile = file } },
            new SettingsInput { File = "nexo.json", WorkingDirectory = _directory.FullName });
        SettingsReload reload = server.Services.GetServices<IReloadable>().OfType<SettingsReload>().Single();
        File.Move(file, file + ".away");

        // Nor one that was half-written there since.
        await WriteAsync(Users("ada", "ada: store read *"));
        Assert.Equal(ReloadVerdict.Applied, reload.Reload().Verdict);
        await using NexoClient ada = await LogInAsync(server, "ada");
        await using NexoClient eve = await NexoClient.ConnectAsync(new NexoClientOptions { Url = server.Url, Token = "eve" });
        await File.WriteAllTextAsync(file, "{ half");
        await WriteAsync(Users("ada,bob", "ada: store read *"));
        Assert.Equal(ReloadVerdict.Applied, reload.Reload().Verdict);
        await using NexoClient again = await NexoClient.ConnectAsync(new NexoClientOptions { Url = server.Url, Token = "eve" });
    }

    [Fact]
    public async Task Metrics_tell_how_many_were_refused()
    {
        await using TestServer server = await StartAsync("""{ }""");
        var service = server.Services.GetRequiredService<ReloadService>();

        await WriteAsync("{ not JSON");
        service.ReloadAll();
        await WriteAsync("""{ "connections": { "max": 9 } }""");
        service.ReloadAll();

        string metrics = server.Services.GetRequiredService<Nexo.Server.Observability.NexoMetrics>().Scrape();
        Assert.Contains("nexo_reload_total{outcome=\"refused\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("nexo_reload_total{outcome=\"applied\"} 1", metrics, StringComparison.Ordinal);
    }

    private string Users(string names, params string[] rules) => $$"""
        { "security": {
            "users": [ {{string.Join(", ", names.Split(',').Select(name => $"\"{name}:{HashOf(name)}\""))}} ],
            "allow": [ {{string.Join(", ", rules.Select(rule => $"\"{rule}\""))}} ] } }
        """;

    // Each has his name as the password, and keeps its hash: with another one he would have to log in anew.
    private string HashOf(string name) => _hashes.GetOrAdd(name, static one => PasswordHash.Of(one, PasswordHash.IterationsMin).Format());

    private static ValueTask<NexoClient> LogInAsync(TestServer server, string user) =>
        NexoClient.ConnectAsync(new NexoClientOptions { Url = server.Url, User = user, Password = user });

    private static async Task<string> ProblemAsync(TestServer server)
    {
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        return (await client.InfoAsync()).Single(fact => fact.Key == "reload.problem").Value;
    }

    private async Task<TestServer> StartAsync(string settings)
    {
        await WriteAsync(settings);
        var input = new SettingsInput { File = "nexo.json", WorkingDirectory = _directory.FullName };
        SettingsResult read = SettingsLoader.Load(input);
        Assert.Empty(read.Problems);
        return await TestServer.StartAsync(
            options => options with { Connections = read.Options.Connections, Log = read.Options.Log, Slow = read.Options.Slow }, input);
    }

    private async Task WriteAsync(string settings)
    {
        string fresh = Path.Combine(_directory.FullName, "fresh");
        await File.WriteAllTextAsync(fresh, settings);
        File.Move(fresh, Path.Combine(_directory.FullName, "nexo.json"), overwrite: true);
    }
}
