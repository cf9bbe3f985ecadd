using System.CommandLine;
using Nexo.Crash.Server;
using Nexo.Siege.Floods;
using Nexo.Siege.Fuzz;
using Nexo.Siege.Memory;
using Nexo.Siege.Soak;

namespace Nexo.Siege;

internal static class Program
{
    private static readonly string[] Names =
        [.. FloodScenario.All.Select(flood => flood.Name), "floods", "fuzz", "soak",
        LittleMemoryScenario.OnDisk, LittleMemoryScenario.WithoutDisk];

    private static readonly Option<string> Scenario = new("--scenario")
    {
        Description = $"{string.Join(", ", Names)}",
        DefaultValueFactory = _ => "floods",
    };

    private static readonly Option<double> Minutes = new("--minutes")
    {
        Description = "For each flood [0.25], for the fuzz run [60], for the soak [240]",
    };

    private static readonly Option<double> Size = new("--size")
    {
        Description = "Connections of a flood, or bytes that a server with little memory is offered, as a share of what it has by itself",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int?> Seed = new("--seed")
    {
        Description = "What the fuzz run is drawn from [random, printed]",
    };

    private static readonly Option<string> Binary = new("--nexo")
    {
        Description = "The server: a native binary, or nexo.dll",
        DefaultValueFactory = _ => "out/nexo",
    };

    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("Besieges a real server, and checks that it holds and that others are served.")
        {
            Scenario, Minutes, Size, Seed, Binary,
        };
        root.SetAction(RunAsync);
        return await root.Parse(args).InvokeAsync();
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        string name = parsed.GetValue(Scenario)!;
        if (!Names.Contains(name, StringComparer.Ordinal))
        {
            Console.Error.WriteLine($"no scenario {name}; there are {string.Join(", ", Names)}");
            return 2;
        }

        DirectoryInfo scratch = Directory.CreateTempSubdirectory("nexo-siege-");
        try
        {
            var options = new SiegeOptions
            {
                Program = Programs.For(parsed.GetValue(Binary)!),
                Scratch = scratch.FullName,
                Seed = parsed.GetValue(Seed) ?? Random.Shared.Next(1, 1_000_000),
                Size = parsed.GetValue(Size),
                Duration = TimeSpan.FromMinutes(parsed.GetValue(Minutes) is > 0 and double minutes ? minutes : UsualMinutes(name)),
            };
            List<SiegeResult> results = [];
            foreach (Func<Task<SiegeResult>> run in Runs(name, options, cancel))
            {
                SiegeResult result = await run();
                Console.Error.WriteLine(result);
                results.Add(result);
            }

            SiegeResult.WriteTable(Console.Out, results);
            return results.Exists(result => result.Findings.Count > 0) ? 1 : 0;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static double UsualMinutes(string name) => name switch
    {
        "fuzz" => 60,
        "soak" => 240,
        _ => 0.25,
    };

    private static IEnumerable<Func<Task<SiegeResult>>> Runs(string name, SiegeOptions options, CancellationToken cancel) => name switch
    {
        "fuzz" => [() => FuzzScenario.RunAsync(options, cancel)],
        LittleMemoryScenario.OnDisk or LittleMemoryScenario.WithoutDisk =>
            [() => LittleMemoryScenario.RunAsync(name, options, cancel)],
        "soak" => [() => SoakScenario.RunAsync(options, cancel)],
        _ => FloodScenario.All.Where(flood => name == "floods" || flood.Name == name).Select(
            flood => (Func<Task<SiegeResult>>)(() => FloodScenario.RunAsync(flood, options, cancel))),
    };
}
