using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.Server;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>A backup is proven by opening it.</summary>
public sealed class BackupDrillTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexo-drill-").FullName;

    private string BackupFile => Path.Combine(_folder, "one.backup");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_tells_what_is_in_a_backup_of_all_rooms_and_leaves_nothing_behind()
    {
        await MakeAsync();

        CliResult first = await new CliRunner().Run("backup", "drill", BackupFile, "--json");
        CliResult second = await new CliRunner().Run("backup", "drill", _folder, "--json");

        Assert.True(first.ExitCode == 0, first.Error);
        Assert.True(first.Json.GetProperty("opens").GetBoolean());
        Assert.Equal(
            [3, 1, 5, 1, 4, 1, 1, 1],
            ((string[])["entries", "queues", "messages", "streams", "records", "retained", "bindings", "schedules"])
                .Select(name => first.Json.GetProperty(name).GetInt32()));
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(BackupFile))),
            first.Json.GetProperty("sha256").GetString());
        string digest = first.Json.GetProperty("content_digest").GetString()!;
        Assert.NotEmpty(digest);
        Assert.Equal(digest, second.Json.GetProperty("content_digest").GetString());
        Assert.Equal([BackupFile, Path.Combine(_folder, "data")], Directory.EnumerateFileSystemEntries(_folder).Order().Reverse());
    }

    [Theory]
    [InlineData(0.5, false)]
    [InlineData(0.99, false)]
    [InlineData(0.5, true)]
    public async Task A_backup_that_was_cut_short_or_changed_is_told_from_a_whole_one(double at, bool flip)
    {
        await MakeAsync();
        byte[] bytes = await File.ReadAllBytesAsync(BackupFile);
        int place = (int)(bytes.Length * at);
        bytes[place] ^= 1;
        await File.WriteAllBytesAsync(BackupFile, flip ? bytes : bytes[..place]);

        CliResult result = await new CliRunner().Run("backup", "drill", BackupFile, "--json");

        Assert.Equal(1, result.ExitCode);
        Assert.False(result.Json.GetProperty("opens").GetBoolean());
        Assert.Contains("at offset", result.Json.GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateDirectories(_folder), directory => directory.Contains("drill-", StringComparison.Ordinal)
            && directory != Path.Combine(_folder, "data"));
    }

    [Fact]
    public async Task What_is_not_there_is_a_wrong_command_line()
    {
        Assert.Equal(2, (await new CliRunner().Run("backup", "drill", Path.Combine(_folder, "none"))).ExitCode);
        Assert.Equal(2, (await new CliRunner().Run("backup", "drill", _folder)).ExitCode);
    }

    private async Task MakeAsync()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            DataDirectory = Path.Combine(_folder, "data"),
            Storage = options.Storage with { SegmentBytes = 1_024 * 1_024, SnapshotIntervalMs = 0 },
            Log = new LogOptions { Level = Microsoft.Extensions.Logging.LogLevel.None },
        });
        CliRunner cli = CliRunner.For(server.Url);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        for (int i = 0; i < 3; i++)
        {
            await client.Store.SetAsync($"k{i}", "v");
        }

        await client.Store.SetAsync("gone", "v", new StoreSetOptions { Ttl = TimeSpan.FromMilliseconds(1) });
        for (int i = 0; i < 5; i++)
        {
            await client.Queue("jobs").PushAsync("x"u8.ToArray());
        }

        await DoAsync(cli, "stream", "create", "log");
        for (int i = 0; i < 4; i++)
        {
            await DoAsync(cli, "stream", "append", "log", $"r{i}");
        }

        await DoAsync(cli, "pub", "a/b", "kept", "--retain");
        await DoAsync(cli, "bind", "x/#", "--to", "queue:jobs");
        await DoAsync(cli, "queue", "schedule", "set", "s", "@yearly", "jobs", "go");
        await DoAsync(cli, "backup", BackupFile);
    }

    private static async Task DoAsync(CliRunner cli, params string[] args)
    {
        CliResult result = await cli.Run(args);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', args)}: {result.Error}");
    }
}
