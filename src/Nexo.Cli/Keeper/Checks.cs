using Nexo.Cli.Queues;

namespace Nexo.Cli.Keeper;

/// <summary>
/// The checks of <c>nexo doctor</c> for a running server: each looks at one thing and says what it has found, and what to do about it.
/// Those of the machine and the disk; the others are in <c>Checks.Work.cs</c>.
/// </summary>
internal static partial class Checks
{
    private const double Percent = 100;
    private const long Gb = 1_024L * 1_024 * 1_024;
    private const long Mb = 1_024L * 1_024;

    private static readonly TimeSpan ClockMemory = TimeSpan.FromDays(1);
    private static readonly TimeSpan BackupLate = TimeSpan.FromHours(1);

    private static readonly Func<Checkup, CheckResult?>[] Every =
    [
        Disk, Log, Memory, StoreMemory, Pressure, Snapshots, Backups, Drill, Certificate, Reload, Clock, Connections, DeadLetters, Groups,
        Subscribers, Readers, StreamFiles, Refusals,
    ];

    /// <summary>All that apply to the server, in an order that stays.</summary>
    public static IReadOnlyList<CheckResult> Run(Checkup seen) => [.. Every.Select(check => check(seen)).OfType<CheckResult>()];

    private static CheckResult? Disk(Checkup seen)
    {
        if (!seen.Now.Has("disk.size_bytes"))
        {
            return null;
        }

        long free = seen.Now.Number("disk.free_bytes");
        long size = Math.Max(1, seen.Now.Number("disk.size_bytes"));
        string text = $"{SizeText.Of(free)} free of {SizeText.Of(size)} where the data are";
        CheckLevel level = free < Math.Min(256 * Mb, size / 50) ? CheckLevel.Critical
            : free < Math.Min(2 * Gb, size / 20) ? CheckLevel.Warning
            : CheckLevel.Ok;
        return new CheckResult(level, "disk", text, level == CheckLevel.Ok ? ""
            : "free room there, or give the data another disk; retention of streams (nexo stream update) and purged queues make room too");
    }

    private static CheckResult? Log(Checkup seen)
    {
        ServerFigures now = seen.Now;
        const long SlowUs = 100_000;
        const long WaitingBytes = 8 * Mb;
        long last = now.Number("log.sync_last_us");
        long mean = now.Number("log.sync_mean_us");
        string text = $"last sync {last / 1_000.0:N1} ms, {mean / 1_000.0:N1} ms on average; "
            + $"{SizeText.Of(now.Number("log.pending_bytes"))} waiting";
        return now.Text("storage.state") switch
        {
            "" => null,
            "failed" => new CheckResult(
                CheckLevel.Critical, "log", "writing to the data directory has failed, and nothing more is acknowledged",
                "look at the disk and at the server's log, then start the server anew"),
            "full" => new CheckResult(
                CheckLevel.Critical, "log", "the disk of the data directory is full, and writes are refused",
                "free room there; the server goes on by itself"),
            _ when now.Number("log.pending_bytes") > WaitingBytes || Math.Min(last, mean) > SlowUs => new CheckResult(
                CheckLevel.Warning, "log", text,
                "the disk is slow, and who waits for it with fsync is too: look at what else uses it, or give the data a faster one"),
            _ => new CheckResult(CheckLevel.Ok, "log", text),
        };
    }

    private static CheckResult? Memory(Checkup seen)
    {
        long resident = seen.Now.Number("server.resident_bytes");
        long available = seen.Now.Number("server.memory_available_bytes");
        if (available <= 0)
        {
            return null;
        }

        double used = resident * Percent / available;
        string text = $"{SizeText.Of(resident)} resident of {SizeText.Of(available)} ({used:N0} %)";
        CheckLevel level = used >= 95 ? CheckLevel.Critical : used >= 80 ? CheckLevel.Warning : CheckLevel.Ok;
        return new CheckResult(level, "memory", text, level == CheckLevel.Ok ? ""
            : "set or lower store.max-memory, queues.memory and topics.retained-bytes-max, or give the server more: past the end the "
            + "system kills it");
    }

    private static CheckResult? StoreMemory(Checkup seen)
    {
        long used = seen.Now.Number("store.used_bytes");
        long max = seen.Now.Number("store.memory_bytes_max");
        if (max <= 0)
        {
            return null;
        }

        bool refuses = seen.Grown("store.refused") > 0;
        bool isFull = used * Percent / max >= 90;
        string text = $"{SizeText.Of(used)} of store.max-memory, {SizeText.Of(max)}"
            + (refuses ? "; writes are being refused" : seen.Grown("store.evicted") > 0 ? "; entries are being evicted" : "");
        return refuses || isFull
            ? new CheckResult(
                refuses ? CheckLevel.Critical : CheckLevel.Warning, "store-memory", text,
                "raise store.max-memory, give entries a TTL, or let others be evicted (store.eviction)")
            : new CheckResult(CheckLevel.Ok, "store-memory", text);
    }

    // What a server says that has caps for all of its memory and disk.
    private static CheckResult? Pressure(Checkup seen)
    {
        (string What, string Level)[] all = [("memory", seen.Now.Text("memory.level")), ("disk", seen.Now.Text("disk.level"))];
        (string What, string Level)[] high = [.. all.Where(one => one.Level is "warning" or "refusing")];
        if (high.Length == 0)
        {
            return all.All(one => one.Level.Length == 0)
                ? null
                : new CheckResult(CheckLevel.Ok, "pressure", "below the caps of memory and disk");
        }

        bool refuses = high.Any(one => one.Level == "refusing");
        string text = string.Join("; ", high.Select(one =>
            $"{one.What}, {SizeText.Of(seen.Now.Number($"{one.What}.used_bytes"))}"
            + (seen.Now.Number($"{one.What}.max_bytes") is > 0 and long max ? $" of {SizeText.Of(max)}" : "")
            + (one.Level == "refusing" ? ", writes are refused" : ", near its cap")));
        return new CheckResult(
            refuses ? CheckLevel.Critical : CheckLevel.Warning, "pressure", text,
            "raise memory.max or disk.max, or make room: docs/operating.md has the order in which is refused");
    }

    private static CheckResult? Snapshots(Checkup seen)
    {
        if (!seen.Now.Has("snapshots.written"))
        {
            return null;
        }

        long failed = seen.Now.Number("snapshots.failed");
        bool fails = seen.Grown("snapshots.failed") > 0 || (failed > 0 && seen.Now.Number("snapshots.written") == 0);
        return fails
            ? new CheckResult(
                CheckLevel.Warning, "snapshots", $"{failed:N0} could not be written: the log grows, and a start takes longer",
                "the server's log says why; room on the disk, most of all")
            : new CheckResult(CheckLevel.Ok, "snapshots", $"{seen.Now.Number("snapshots.written"):N0} written since the start");
    }

    private static CheckResult? Backups(Checkup seen)
    {
        ServerFigures now = seen.Now;
        if (!now.Has("storage.state") || !seen.IsOfServer)
        {
            return null;
        }

        if (!now.Has("backup.schedule"))
        {
            return new CheckResult(
                CheckLevel.Note, "backups", "the server makes none by itself",
                "set backup.schedule and backup.directory, unless nexo backup runs elsewhere");
        }

        string last = seen.Moment("backup.last_at_ms") is { } at ? $"the last one is of {QueueText.Moment(at)}" : "there is none yet";
        if (now.Text("backup.problem") is { Length: > 0 } problem)
        {
            return new CheckResult(
                CheckLevel.Critical, "backups", $"the last try failed: {problem}; {last}",
                $"look at {now.Text("backup.directory")}; it is tried again by itself");
        }

        return seen.Moment("backup.next_at_ms") is { } next && seen.At - next > BackupLate
            ? new CheckResult(
                CheckLevel.Warning, "backups", $"{last}, and the next was due at {QueueText.Moment(next)}",
                "one that takes longer than it is to be apart? see backup.schedule and storage.snapshot-rate")
            : new CheckResult(CheckLevel.Ok, "backups", last);
    }

    private static CheckResult? Drill(Checkup seen)
    {
        if (!seen.Now.Has("backup.drill_problem"))
        {
            return null;
        }

        return seen.Now.Text("backup.drill_problem") is { Length: > 0 } problem
            ? new CheckResult(
                problem.StartsWith("could not be proven", StringComparison.Ordinal) ? CheckLevel.Warning : CheckLevel.Critical,
                "backup-drill", problem,
                "keep the older ones, make another with nexo backup, and prove it with nexo backup drill")
            : new CheckResult(
                CheckLevel.Ok, "backup-drill",
                seen.Moment("backup.proven_at_ms") is { } at ? $"the last one was proven at {QueueText.Moment(at)}" : "none was made yet");
    }

    private static CheckResult? Certificate(Checkup seen)
    {
        if (seen.Moment("tls.certificate_ends_at_ms") is not { } end)
        {
            return null;
        }

        double days = (end - seen.At).TotalDays;
        string text = days <= 0 ? $"{seen.Now.Text("tls.certificate")} has ended, at {QueueText.Moment(end)}"
            : $"{seen.Now.Text("tls.certificate")} ends in {Math.Floor(days):N0} days, at {QueueText.Moment(end)}";
        CheckLevel level = days <= 7 ? CheckLevel.Critical : days <= 30 ? CheckLevel.Warning : CheckLevel.Ok;
        return new CheckResult(level, "certificate", text, level == CheckLevel.Ok ? ""
            : "replace the files of tls.certificate and tls.key: they are taken up within seconds, and no connection is lost");
    }

    private static CheckResult? Reload(Checkup seen) => !seen.IsOfServer ? null : seen.Now.Text("reload.problem") is { Length: > 0 } problem
        ? new CheckResult(
            CheckLevel.Warning, "reload", $"files have changed and are not in force: {problem}",
            "mend them: they are read anew by themselves; a start would fail with them as they are")
        : new CheckResult(CheckLevel.Ok, "reload", "what is in the files is in force");

    private static CheckResult? Clock(Checkup seen)
    {
        if (!seen.IsOfServer)
        {
            return null;
        }

        TimeSpan jump = TimeSpan.FromMilliseconds(seen.Now.Number("clock.last_jump_ms"));
        return seen.Moment("clock.last_jump_at_ms") is { } at && seen.At - at < ClockMemory
            ? new CheckResult(
                CheckLevel.Warning, "clock",
                $"the machine's clock was set {(jump > TimeSpan.Zero ? "ahead" : "back")} by {QueueText.Age(jump.Duration())} at "
                + $"{QueueText.Moment(at)}, {seen.Now.Number("clock.jumps"):N0} times since the start",
                "look at its time service (chrony, systemd-timesyncd), or whether the machine sleeps: schedules and timestamps go by "
                + "that clock")
            : new CheckResult(CheckLevel.Ok, "clock", "goes evenly");
    }
}
