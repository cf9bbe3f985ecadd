using Nexo.Crash.Report;
using Nexo.Crash.Scenarios;
using Nexo.Crash.Server;
using Nexo.Protocol;

namespace Nexo.Crash.Tests.Short;

/// <summary>
/// A few cycles of a scenario against the server that was built with these tests, as a process of its own.
/// </summary>
internal sealed class ShortForm : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("nexo-crash-").FullName;

    /// <summary>A directory of this test's own.</summary>
    public string Scratch => _scratch;

    /// <summary>Drawn anew each time; a failure prints it.</summary>
    public int Seed { get; } = Random.Shared.Next(1, 1_000_000);

    public ScenarioOptions Options(int cycles, Durability durability = Durability.Fsync) => new()
    {
        Launch = new ServerLaunch
        {
            Program = Programs.For(Path.Combine(AppContext.BaseDirectory, "nexo.dll")),
            DataDirectory = string.Empty,
            Durability = durability,
            Settings = ServerLaunch.SmallLog,
        },
        Scratch = _scratch,
        Seed = Seed,
        Cycles = cycles,
        BallastKeys = 2_000,
    };

    /// <summary>Nothing was broken, and something was done.</summary>
    public static void AssertPassed(ScenarioResult result)
    {
        Assert.SkipWhen(result.Skipped is not null, $"*** NOT RUN: {result.Name}: {result.Skipped} ***");
        result.RequireWork();
        Assert.True(result.Passed, result.ToString());
    }

    public void Dispose() => Directory.Delete(_scratch, recursive: true);
}
