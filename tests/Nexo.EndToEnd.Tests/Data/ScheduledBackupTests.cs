using Microsoft.Extensions.DependencyInjection;
using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Engine.Schedules;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Server.Data;
using Nexo.Server.Hosting;
using Nexo.Server.Observability;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>Backups that a server makes by itself.</summary>
public sealed class ScheduledBackupTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexo-scheduled-").FullName;

    private string Backups => Path.Combine(_folder, "backups");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task They_come_by_the_schedule_the_newest_are_kept_and_hold_what_was_there()
    {
        await using (TestServer server = await StartAsync("every 1s", options => options with { Keep = 2 }))
        {
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            await client.Store.SetAsync("k", "v");
            for (int written = 1; written <= 4; written++)
            {
                await Poll.UntilAsync(async () => await NumberAsync(client, "backup.written") >= written);
            }
        }

        string[] left = Files();
        Assert.Equal(2, left.Length);
        Assert.All(left, file => Assert.EndsWith("Z.backup", file, StringComparison.Ordinal));
        Assert.Equal(0, (await new CliRunner().Run("restore", left[^1], "--data", Path.Combine(_folder, "restored"))).ExitCode);
        await using TestServer again = await TestServer.StartAsync(
            options => options with { DataDirectory = Path.Combine(_folder, "restored") });
        await using NexoClient reader = await NexoClient.ConnectAsync(again.Url);
        Assert.Equal("v", (await reader.Store.GetAsync<string>("k")));
    }

    [Fact]
    public async Task One_that_fails_is_told_and_tried_again()
    {
        await using TestServer server = await StartAsync(
            "every 1s", options => options with { RetryAfter = TimeSpan.FromMilliseconds(50) });
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await Poll.UntilAsync(async () => await NumberAsync(client, "backup.written") >= 1);

        Directory.Move(Backups, Backups + ".away");
        await Poll.UntilAsync(async () => await NumberAsync(client, "backup.failed") >= 2);
        Assert.NotEmpty(await FactAsync(client, "backup.problem"));

        Directory.Move(Backups + ".away", Backups);
        long before = await NumberAsync(client, "backup.written");
        await Poll.UntilAsync(async () => await NumberAsync(client, "backup.written") > before);
        Assert.Empty(await FactAsync(client, "backup.problem"));
        string[] metrics = server.Services.GetRequiredService<NexoMetrics>().Scrape().Split('\n');
        Assert.Contains(metrics, line => line.StartsWith("nexo_backup_failed_total ", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));
        Assert.Contains(metrics, line => line.StartsWith("nexo_backup_last_success_seconds 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_restart_makes_none_before_it_is_due_and_removes_what_was_left_half_written()
    {
        await using (TestServer server = await StartAsync("@every 1h"))
        {
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            await Poll.UntilAsync(async () => await NumberAsync(client, "backup.written") == 1);
        }

        string only = Assert.Single(Files());
        await File.WriteAllTextAsync(Path.Combine(Backups, "nexo-20300131T030405Z.backup.tmp"), "half");
        await using TestServer again = await StartAsync("@every 1h");
        await using NexoClient reader = await NexoClient.ConnectAsync(again.Url);

        Assert.Equal(0, await NumberAsync(reader, "backup.written"));
        long last = await NumberAsync(reader, "backup.last_at_ms");
        Assert.True(last > 0);
        Assert.Equal(last + 3_600_000, await NumberAsync(reader, "backup.next_at_ms"));
        Assert.Equal([only], Files());
    }

    [Fact]
    public async Task Each_is_proven_if_it_is_asked_for()
    {
        await using TestServer server = await StartAsync("every 1h", options => options with { Drill = true });
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);

        await Poll.UntilAsync(async () => await NumberAsync(client, "backup.written") == 1);
        await Poll.UntilAsync(async () => await NumberAsync(client, "backup.proven_at_ms") > 0);

        Assert.Empty(await FactAsync(client, "backup.drill_problem"));
        Assert.Single(Files());
    }

    [Fact]
    public async Task A_drill_that_cannot_be_held_is_told_and_no_reason_to_make_backups_again()
    {
        string file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "in the place of a directory");
        await using TestServer server = await StartAsync("every 1h", options => options with
        {
            Drill = true,
            Scratch = Path.Combine(file, "scratch"),
            RetryAfter = TimeSpan.FromMilliseconds(10),
        });
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await Poll.UntilAsync(async () => (await FactAsync(client, "backup.drill_problem")).StartsWith("could not be proven", StringComparison.Ordinal));

        await Task.Delay(100);
        Assert.Equal((1, 0), (await NumberAsync(client, "backup.written"), await NumberAsync(client, "backup.failed")));
        Assert.Equal(
            await NumberAsync(client, "backup.last_at_ms") + 3_600_000, await NumberAsync(client, "backup.next_at_ms"), tolerance: 1_000);
        Assert.Single(Files());
    }

    [Fact]
    public async Task What_was_written_is_not_written_again_since_another_namespace_fails()
    {
        // The next ones are due some seconds from now.
        Directory.CreateDirectory(Backups);
        DateTimeOffset last = TimeProvider.System.GetUtcNow().AddHours(-1).AddSeconds(6);
        string[] old = [new BackupName("", last).File, new BackupName("shop", last).File];
        foreach (string name in old)
        {
            await File.WriteAllTextAsync(Path.Combine(Backups, name), "an older one");
        }

        await using TestServer server = await StartAsync(
            "every 1h", options => options with { RetryAfter = TimeSpan.FromMilliseconds(200) }, namespaces: ["shop"]);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);

        // Somebody copies the second one, and takes nothing: there is one backup at a time.
        RawPeer busy = await RawPeer.GreetAsync(server, new HelloRequest { Namespace = "shop" });
        Frame begun = await busy.AskAsync(Opcode.AdminBackup, 7, buffer => new BackupRequest(0).Write(buffer));
        Assert.Equal(FrameKind.Reply, begun.Header.Kind);
        await Poll.UntilAsync(async () => await NumberAsync(client, "backup.failed") >= 1);
        await Poll.UntilAsync(async () => await NumberAsync(client, "backup.failed") >= 4);
        string first = Assert.Single(Names(), name => !old.Contains(name));
        Assert.DoesNotContain("shop", first, StringComparison.Ordinal);

        busy.Dispose();
        await Poll.UntilAsync(async () => await NumberAsync(client, "backup.written") == 1);
        Assert.Equal(4, Names().Length);
        Assert.Contains(first, Names());
    }

    [Fact]
    public async Task What_a_clock_that_was_ahead_has_made_goes_before_what_is_new_and_holds_nothing_up()
    {
        Directory.CreateDirectory(Backups);
        Directory.CreateDirectory(Path.Combine(Backups, ".nexo-drills", "left"));
        string[] ahead = [.. Enumerable.Range(1, 3).Select(day => new BackupName("", TimeProvider.System.GetUtcNow().AddDays(day)).File)];
        foreach (string name in ahead)
        {
            await File.WriteAllTextAsync(Path.Combine(Backups, name), "by a clock that was wrong");
        }

        await using TestServer server = await StartAsync("every 1s", options => options with { Keep = 2 });
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        for (int written = 1; written <= 2; written++)
        {
            await Poll.UntilAsync(async () => await NumberAsync(client, "backup.written") >= written);
        }

        await Poll.UntilAsync(() => !Names().Any(ahead.Contains));
        Assert.Equal(2, Names().Length);
        Assert.False(Directory.Exists(Path.Combine(Backups, ".nexo-drills")));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_written_to_stops_the_start_with_what_to_do()
    {
        await File.WriteAllTextAsync(Backups, "a file");
        ServerStartException refused = await Assert.ThrowsAsync<ServerStartException>(() => StartAsync("@daily"));
        Assert.Contains("backup.directory", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Backups, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_is_for_one_server_since_each_deletes_what_is_old()
    {
        await using TestServer first = await StartAsync("@daily");
        ServerStartException refused = await Assert.ThrowsAsync<ServerStartException>(() => StartAsync("@daily", data: "other"));
        Assert.Contains("another server has its backups there", refused.Message, StringComparison.Ordinal);
    }

    private string[] Names() => [.. Files().Select(file => Path.GetFileName(file))];

    private string[] Files() =>
        [.. Directory.EnumerateFileSystemEntries(Backups).Where(file => !file.EndsWith(".nexo-lock", StringComparison.Ordinal)).Order()];

    private static async Task<string> FactAsync(NexoClient client, string name) =>
        (await client.InfoAsync()).Single(fact => fact.Key == name).Value;

    private static async Task<long> NumberAsync(NexoClient client, string name) => long.Parse(await FactAsync(client, name));

    private Task<TestServer> StartAsync(
        string schedule,
        Func<BackupOptions, BackupOptions>? change = null,
        string data = "data",
        params string[] namespaces) =>
        TestServer.StartAsync(options =>
        {
            var backup = new BackupOptions { Schedule = Timetable.TryParse(schedule, out _), Directory = Backups };
            return options with
            {
                DataDirectory = Path.Combine(_folder, data),
                Namespaces = namespaces,
                Storage = options.Storage with { SegmentBytes = 1_024 * 1_024, SnapshotIntervalMs = 0 },
                Backup = change?.Invoke(backup) ?? backup,
                Log = new LogOptions { Level = Microsoft.Extensions.Logging.LogLevel.None },
            };
        });
}
