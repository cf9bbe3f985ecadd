using Nexo.Cli.Keeper;
using Nexo.Client;
using Nexo.Protocol;
using Xunit;

namespace Nexo.Cli.Tests.Keeper;

/// <summary>What <c>nexo doctor</c> finds in what a server tells.</summary>
public sealed class ChecksTests
{
    private const long Gb = 1_024L * 1_024 * 1_024;
    private const long Mb = 1_024L * 1_024;

    private static readonly DateTimeOffset Now = new(2030, 1, 31, 3, 4, 5, TimeSpan.Zero);

    private static readonly Dictionary<string, string> Well = new()
    {
        ["server.uptime_ms"] = "60000",
        ["server.namespaces"] = "default",
        ["server.resident_bytes"] = $"{Gb}",
        ["server.memory_available_bytes"] = $"{8 * Gb}",
        ["disk.free_bytes"] = $"{400 * Gb}",
        ["disk.size_bytes"] = $"{500 * Gb}",
        ["storage.state"] = "ok",
        ["log.sync_last_us"] = "500",
        ["log.sync_mean_us"] = "400",
        ["log.pending_bytes"] = "0",
        ["snapshots.written"] = "3",
        ["backup.schedule"] = "@daily",
        ["backup.directory"] = "/backups",
        ["backup.last_at_ms"] = Ms(-20),
        ["backup.next_at_ms"] = Ms(4),
        ["backup.problem"] = "",
        ["backup.drill_problem"] = "",
        ["reload.problem"] = "",
        ["tls.certificate"] = "CN=localhost",
        ["tls.certificate_ends_at_ms"] = Ms(24 * 60),
        ["clock.jumps"] = "0",
    };

    [Fact]
    public void A_server_that_is_well_has_nothing_but_what_is_fine() =>
        Assert.All(Checks.Run(See([])), result => Assert.Equal((CheckLevel.Ok, ""), (result.Level, result.Advice)));

    [Theory]
    [InlineData("disk", CheckLevel.Warning, "disk.free_bytes", "1073741824")]
    [InlineData("disk", CheckLevel.Critical, "disk.free_bytes", "104857600")]
    [InlineData("log", CheckLevel.Critical, "storage.state", "full")]
    [InlineData("log", CheckLevel.Critical, "storage.state", "failed")]
    [InlineData("log", CheckLevel.Warning, "log.pending_bytes", "10000000")]
    [InlineData("memory", CheckLevel.Warning, "server.resident_bytes", "7000000000")]
    [InlineData("memory", CheckLevel.Critical, "server.resident_bytes", "8400000000")]
    [InlineData("reload", CheckLevel.Warning, "reload.problem", "settings: nexo.json: line 3")]
    [InlineData("backups", CheckLevel.Critical, "backup.problem", "no room")]
    [InlineData("backup-drill", CheckLevel.Critical, "backup.drill_problem", "x does not open: cut short")]
    [InlineData("backup-drill", CheckLevel.Warning, "backup.drill_problem", "could not be proven: no room")]
    [InlineData("stream-files", CheckLevel.Critical, "streams.failed", "1")]
    [InlineData("connections", CheckLevel.Critical, "connections.refused", "1")]
    [InlineData("snapshots", CheckLevel.Warning, "snapshots.failed", "2")]
    [InlineData("dead-letters", CheckLevel.Warning, "queues.dead_lettered", "2")]
    [InlineData("dead-letters", CheckLevel.Note, "queues.dead", "2")]
    [InlineData("subscribers", CheckLevel.Warning, "topics.dropped", "5")]
    [InlineData("subscribers", CheckLevel.Warning, "sessions.dropped", "5")]
    [InlineData("refusals", CheckLevel.Note, "queues.rejected", "5")]
    [InlineData("refusals", CheckLevel.Warning, "topics.binding_refused", "5")]
    [InlineData("pressure", CheckLevel.Warning, "memory.level", "warning")]
    [InlineData("pressure", CheckLevel.Critical, "disk.level", "refusing")]
    public void One_thing_that_is_wrong_is_found_and_nothing_else(string check, object level, string fact, string value)
    {
        IReadOnlyList<CheckResult> results = Checks.Run(See(new() { [fact] = value }));

        CheckResult found = Assert.Single(results, result => result.Level != CheckLevel.Ok);
        Assert.Equal((check, level), (found.Check, found.Level));
        Assert.NotEmpty(found.Advice);
    }

    [Theory]
    [InlineData(31, CheckLevel.Ok)]
    [InlineData(29, CheckLevel.Warning)]
    [InlineData(6, CheckLevel.Critical)]
    [InlineData(-1, CheckLevel.Critical)]
    public void A_certificate_is_told_of_before_it_ends(int days, object level) => Assert.Equal(
        level,
        Level("certificate", See(new() { ["tls.certificate_ends_at_ms"] = Ms(days * 24) })));

    [Theory]
    [InlineData(-23, CheckLevel.Warning)]
    [InlineData(-25, CheckLevel.Ok)]
    public void A_clock_that_was_set_is_told_of_for_a_day(int hours, object level) => Assert.Equal(
        level,
        Level("clock", See(new() { ["clock.jumps"] = "1", ["clock.last_jump_ms"] = "-5000", ["clock.last_jump_at_ms"] = Ms(hours) })));

    [Fact]
    public void A_backup_that_did_not_come_is_told_of_and_so_is_that_none_is_made()
    {
        Assert.Equal(CheckLevel.Warning, Level("backups", See(new() { ["backup.next_at_ms"] = Ms(-2) })));
        Dictionary<string, string> without = new(Well);
        without.Remove("backup.schedule");
        Assert.Equal(CheckLevel.Note, Level("backups", See(without, without)));
    }

    [Fact]
    public void A_store_near_its_cap_is_told_of_and_loudly_when_it_refuses()
    {
        Dictionary<string, string> near = new() { ["store.used_bytes"] = $"{95 * Mb}", ["store.memory_bytes_max"] = $"{100 * Mb}" };
        Assert.Equal(CheckLevel.Warning, Level("store-memory", See(near)));
        near["store.refused"] = "3";
        Assert.Equal(CheckLevel.Critical, Level("store-memory", See(near)));
        near["store.used_bytes"] = $"{10 * Mb}";
        near["store.refused"] = "0";
        Assert.Equal(CheckLevel.Ok, Level("store-memory", See(near)));
    }

    [Theory]
    [InlineData(5_000, 9_000, 1, CheckLevel.Warning)]
    [InlineData(9_000, 5_000, 1, CheckLevel.Ok)]
    [InlineData(5, 9, 1, CheckLevel.Ok)]
    [InlineData(9, 9, 0, CheckLevel.Warning)]
    [InlineData(0, 0, 0, CheckLevel.Ok)]
    public void A_group_is_told_of_that_falls_behind_or_that_nobody_reads_for(long before, long now, long members, object level) => Assert.Equal(
        level,
        Level("groups", See([]) with
        {
            LagsBefore = [new GroupLag("orders", "mail", before, members)],
            Lags = [new GroupLag("orders", "mail", now, members)],
        }));

    [Fact]
    public void Who_is_slow_is_named_the_worst_first_and_many_are_counted()
    {
        Checkup seen = See(new() { ["queues.dead"] = "12", ["queues.dead_lettered"] = "12" }) with
        {
            Queues = [.. Enumerable.Range(1, 5).Select(i => new QueueSummary($"q{i}", QueueFlow.None, 0, 0, 0, i))],
        };
        Assert.Contains(": q5 (5), q4 (4), q3 (3) and 2 more", Find("dead-letters", seen).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_not_be_looked_at_is_said()
    {
        CheckResult groups = Find("groups", See([]) with { Lags = null });
        Assert.Equal(CheckLevel.Note, groups.Level);
        Assert.Contains("streams read *", groups.Text, StringComparison.Ordinal);
    }

    private static object Level(string check, Checkup seen) => Find(check, seen).Level;

    private static CheckResult Find(string check, Checkup seen) => Assert.Single(Checks.Run(seen), result => result.Check == check);

    private static Checkup See(Dictionary<string, string> changed, Dictionary<string, string>? well = null)
    {
        Dictionary<string, string> now = new(well ?? Well);
        foreach ((string name, string value) in changed)
        {
            now[name] = value;
        }

        return new Checkup
        {
            Before = new ServerFigures(well ?? Well, 0, TimeProvider.System),
            Now = new ServerFigures(now, TimeProvider.System.TimestampFrequency, TimeProvider.System),
            At = Now,
            Lags = [],
        };
    }

    private static string Ms(double hours) => $"{Now.AddHours(hours).ToUnixTimeMilliseconds()}";
}
