using System.CommandLine;
using System.Runtime.InteropServices;
using Nexo.Crash.Report;
using Nexo.Crash.Scenarios;
using Nexo.Crash.Server;

namespace Nexo.Crash;

internal static class Program
{
    private static readonly Option<string> Scenario = new("--scenario")
    {
        Description = $"{string.Join(", ", ScenarioList.Names)} or all",
        DefaultValueFactory = _ => "all",
    };

    private static readonly Option<double> Minutes = new("--minutes")
    {
        Description = "For all of them together; each ends earlier when its cycles are done",
        DefaultValueFactory = _ => 30,
    };

    private static readonly Option<int?> Cycles = new("--cycles")
    {
        Description = "Cycles of each, instead of its usual number",
    };

    private static readonly Option<int?> Seed = new("--seed")
    {
        Description = "What the run is drawn from [random, printed]",
    };

    private static readonly Option<string> Binary = new("--nexo")
    {
        Description = "The server: a native binary, or nexo.dll",
        DefaultValueFactory = _ => "out/nexo",
    };

    private static readonly Option<string?> Scratch = new("--scratch")
    {
        Description = "Where data directories and images go [a new one below the temporary directory]",
    };

    private static readonly Option<bool> Lie = new("--memory-server")
    {
        Description = "A server without durability that is taken for a durable one: losses must be found",
    };

    public static async Task<int> Main(string[] args)
    {
        // An interrupt ends the run in order: servers are ended and file systems unmounted.
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = CancelOn(PosixSignal.SIGINT, stop);
        using PosixSignalRegistration terminate = CancelOn(PosixSignal.SIGTERM, stop);
        var root = new RootCommand("Crashes a real server and checks that it keeps what it has acknowledged.")
        {
            Scenario, Minutes, Cycles, Seed, Binary, Scratch, Lie,
        };
        root.SetAction(RunAsync);
        try
        {
            var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
            return await root.Parse(args).InvokeAsync(invocation, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        string scratch = parsed.GetValue(Scratch) ?? Directory.CreateTempSubdirectory("nexo-crash-").FullName;
        Directory.CreateDirectory(scratch);
        var plan = new ScenarioList(
            Programs.For(parsed.GetValue(Binary)!),
            scratch,
            parsed.GetValue(Seed) ?? Random.Shared.Next(1, 1_000_000),
            TimeSpan.FromMinutes(parsed.GetValue(Minutes)),
            parsed.GetValue(Cycles),
            parsed.GetValue(Lie));
        IReadOnlyList<ScenarioResult> results = await plan.RunAsync(parsed.GetValue(Scenario)!, cancel);
        ResultsTable.Write(Console.Out, results);
        bool broken = results.Any(result => result.Findings.Count > 0);
        if (broken)
        {
            Console.WriteLine($"\nData directories of the broken runs: {scratch}");
            return 1;
        }

        if (parsed.GetValue(Scratch) is null)
        {
            Directory.Delete(scratch, recursive: true);
        }

        return 0;
    }

    private static PosixSignalRegistration CancelOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
}
