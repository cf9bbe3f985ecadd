using System.CommandLine;
using System.Text.Json;
using Nexo.Cli.Keeper;
using Nexo.Cli.Terminal;
using Nexo.Engine.Queues;
using Nexo.Engine.Schedules;
using Nexo.Engine.Sessions;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Server.Brokers;
using Nexo.Storage;

namespace Nexo.Cli.Data;

/// <summary><c>nexo doctor</c>: of a server that runs, or of a data directory without one.</summary>
internal static class DoctorCommand
{
    // What each room writes.
    private static readonly (string Room, Func<byte, bool> Takes)[] Rooms =
    [
        ("store", StoreRecovery.Takes),
        ("queues", QueueRecovery.Takes),
        ("topics", TopicRecovery.Takes),
        ("streams", StreamRecovery.Takes),
        ("sessions", SessionRecovery.Takes),
        ("schedules", ScheduleRecovery.Takes),
    ];

    private static readonly TimeSpan DefaultApart = TimeSpan.FromSeconds(3);

    public static Command Create()
    {
        var directory = new Argument<string?>("DIR")
        {
            Description = "A data directory that no server has open; without it the server is looked at",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var repair = new Option<bool>("--repair") { Description = "Give up what is damaged, and keep the originals" };
        var yes = new Option<bool>("--yes") { Description = "With --repair: do it, having read what will be lost" };
        Option<TimeSpan?> apart = Parsers.Duration("--for", "Without DIR: how long to look at what grows [3s]");
        var command = new Command("doctor", "Say what is wrong with a server, or with a data directory, and what to do")
        {
            directory, apart, repair, yes,
        };
        command.Validators.Add(result =>
        {
            bool hasDirectory = result.GetResult(directory) is { Tokens.Count: > 0 };
            if (!hasDirectory && (result.GetValue(repair) || result.GetValue(yes)))
            {
                result.AddError("--repair and --yes are for a data directory: name it.");
            }
            else if (hasDirectory && result.GetResult(apart) is not null)
            {
                result.AddError("--for is for a server that runs: leave DIR away, or --for.");
            }
        });
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(directory) is { } path)
            {
                using var run = new CommandRun(parsed, cancel);
                int exitCode = await ExamineAsync(run, Path.GetFullPath(path), run.Get(repair), run.Get(yes));
                run.Out.Flush();
                return exitCode;
            }

            TimeSpan patience = parsed.GetValue(apart) ?? DefaultApart;
            return await ServerActions.RunAsync(parsed, run => ServerDoctor.RunAsync(run, patience), defaultTimeout: null, cancel);
        });
        return command
            .WithDetails(
                "Without DIR it looks twice at a server that runs, and tells what is about to go wrong: a disk that is nearly full, memory "
                + "near its cap, growing dead letters, groups that fall behind, a clock that was set, a slow log, files that were not "
                + "reloaded, a certificate near its end, backups that failed, slow subscribers; each with what to do. On a pipe one check "
                + "a line: level, check, what was found, what to do, with tabs between. Exit code 1: a warning, or worse. Needs the rule "
                + "admin read. With DIR it reads every snapshot, all of the log and the files of streams and queues, and changes nothing "
                + "unless --repair and --yes say so. A repair ends the log before its damage: what was written after that is lost, "
                + "but kept in DIR/quarantine. Files of streams and queues it leaves as they are. If there is a backup, restoring it may "
                + "lose less. The directories of namespaces, in DIR/namespaces, are looked at too. Exit code 1: there is damage.")
            .WithExamples(
                ("Is the server well?", "nexo doctor"),
                ("For a monitor", "nexo doctor --json | jq -e .healthy"),
                ("After a server refused to start", "nexo doctor /var/lib/nexo"),
                ("What a repair would do", "nexo doctor /var/lib/nexo --repair"),
                ("Do it", "nexo doctor /var/lib/nexo --repair --yes"));
    }

    private static async Task<int> ExamineAsync(CommandRun run, string directory, bool repair, bool yes)
    {
        bool areFine = true;
        foreach ((string space, string path) in Places(directory))
        {
            Outcome outcome = await Spinner.ShowAsync(run, "reading", Task.Run(() => Treat(run, space, path, repair, yes)));
            Print(run, outcome);
            areFine &= outcome.IsFine;
        }

        return areFine ? ExitCode.Ok : ExitCode.Negative;
    }

    // Those of namespaces that were begun and never used have nothing in them.
    private static IEnumerable<(string Space, string Path)> Places(string path)
    {
        string spaces = Path.Combine(path, DataDirectory.NamespacesDirectory);
        string[] named = Directory.Exists(spaces) ? Directory.GetDirectories(spaces) : [];
        return named
            .Where(one => Directory.EnumerateFileSystemEntries(one).Any())
            .Order(StringComparer.Ordinal)
            .Select(one => (Path.GetFileName(one), one))
            .Prepend((Namespaces.Default, path));
    }

    private static Outcome Treat(CommandRun run, string space, string path, bool repair, bool consent)
    {
        try
        {
            using DataDirectory directory = DataDirectory.Open(new RealDisk(path), create: false);
            var observer = new NoticeLines(run);
            Examination found = Examine(directory, observer);
            if (!repair || found.IsHealthy || !consent)
            {
                return new Outcome(space, found, repair && !found.IsHealthy, [], null);
            }

            IReadOnlyList<string> kept = Repair.Run(directory, found, observer);
            return new Outcome(space, found, false, kept, Examine(directory, observer));
        }
        catch (DataDirectoryException refused)
        {
            throw new CliFailure(ExitCode.Negative, Code(refused.Fault), refused.Message, null, refused);
        }
    }

    private static Examination Examine(DataDirectory directory, IStorageObserver observer) =>
        Examination.Run(directory, observer, new StreamLogFinder(), new QueueLogFinder());

    private static string Code(DataDirectoryFault fault) => fault switch
    {
        DataDirectoryFault.Held => "held",
        DataDirectoryFault.Newer => "newer",
        DataDirectoryFault.Damaged => "damaged",
        _ => "unusable",
    };

    private static void Print(CommandRun run, Outcome outcome)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json => Write(json, outcome));
            return;
        }

        if (outcome.Space != Namespaces.Default)
        {
            run.Out.Line($"namespace {outcome.Space}");
        }

        foreach (Finding finding in outcome.Found.Findings)
        {
            run.Out.Line(Line(run, finding));
        }

        string counts = string.Join(", ", Rooms
            .Select(room => (room.Room, Count: outcome.Found.RecordsOf(room.Takes)))
            .Where(room => room.Count > 0)
            .Select(room => $"{room.Room} {room.Count:N0}"));
        if (counts.Length > 0)
        {
            run.Out.Line($"records  {counts}");
        }

        foreach (string kept in outcome.Kept)
        {
            run.Out.Line($"kept     {kept}");
        }

        foreach (Finding finding in outcome.After?.Findings ?? [])
        {
            run.Out.Line($"after the repair: {Line(run, finding)}");
        }

        run.Out.Line(Verdict(outcome));
    }

    private static string Line(CommandRun run, Finding finding)
    {
        string mark = finding.Level switch
        {
            StorageLevel.Information => run.Out.Good("ok      "),
            StorageLevel.Warning => run.Out.Paint("warning ", "33"),
            _ => run.Out.Paint("DAMAGED ", "31"),
        };
        string place = finding.Offset >= 0 ? $"{finding.Path}, offset {finding.Offset}" : finding.Path;
        return $"{mark} {(place.Length > 0 ? $"{place}: " : string.Empty)}{finding.Text}";
    }

    private static string Verdict(Outcome outcome) => outcome switch
    {
        { After: { IsHealthy: true } } => "repaired: a server starts on it",
        { After: { DamagedLogs: > 0 } after } => $"still damaged: {Logs(after)}",
        { After: not null } => "still damaged",
        { NeedsConsent: true, Found: { Damage: null, DamagedSnapshots.Count: 0 } } => Logs(outcome.Found),
        { NeedsConsent: true } => "--repair would end the log before its damage and put damaged files into quarantine/; "
            + "what follows the damage would be lost. Nothing was changed: --repair --yes does it",
        { Found.IsHealthy: true } => "healthy",
        { Found: { Damage: null, DamagedLogs: > 0 } } => Logs(outcome.Found),
        { Found.IsStartable: true } => "a server starts on it, with all that was acknowledged; --repair puts the damaged files aside",
        _ => "a server refuses to start on it: restore a backup, or see nexo doctor --repair",
    };

    private static string Logs(Examination found) =>
        (found.IsStartable ? "a server starts on it, and tells those who read a damaged place" : "a server may refuse to start on it")
        + $": files of {found.DamagedLogs} streams or backlogs of queues are damaged, which no repair heals; a backup may have them";

    private static void Write(Utf8JsonWriter json, Outcome outcome)
    {
        json.WriteString("namespace", outcome.Space);
        json.WriteBoolean("healthy", (outcome.After ?? outcome.Found).IsHealthy);
        json.WriteBoolean("startable", (outcome.After ?? outcome.Found).IsStartable);
        json.WriteBoolean("repaired", outcome.After is not null);
        json.WriteStartObject("records");
        foreach ((string room, Func<byte, bool> takes) in Rooms)
        {
            json.WriteNumber(room, outcome.Found.RecordsOf(takes));
        }

        json.WriteEndObject();
        json.WriteStartArray("findings");
        foreach (Finding finding in outcome.Found.Findings)
        {
            json.WriteStartObject();
            json.WriteString("level", finding.Level switch
            {
                StorageLevel.Information => "ok",
                StorageLevel.Warning => "warning",
                _ => "damaged",
            });
            json.WriteString("path", finding.Path);
            if (finding.Offset >= 0)
            {
                json.WriteNumber("offset", finding.Offset);
            }

            json.WriteString("text", finding.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("kept");
        foreach (string kept in outcome.Kept)
        {
            json.WriteStringValue(kept);
        }

        json.WriteEndArray();
    }

    /// <summary>What was found, and what a repair has made of it.</summary>
    private sealed record Outcome(
        string Space, Examination Found, bool NeedsConsent, IReadOnlyList<string> Kept, Examination? After)
    {
        public bool IsFine => (After ?? Found).IsHealthy;
    }
}
