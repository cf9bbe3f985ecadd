using Spectre.Console;

namespace Nexo.Cli.Terminal;

/// <summary>Tells a waiting person that something goes on, on standard error.</summary>
internal static class Spinner
{
    private static readonly TimeSpan ShowAfter = TimeSpan.FromMilliseconds(300);

    /// <summary>Waits for the work; a spinner turns when it takes long enough to wonder.</summary>
    public static async Task<T> ShowAsync<T>(CommandRun run, string what, Task<T> work)
    {
        if (!Progress.IsWanted(run) || await Task.WhenAny(work, Task.Delay(ShowAfter, run.Console.Time)) == work)
        {
            return await work;
        }

        return await Progress.Console(run).Status().StartAsync(what, _ => work);
    }
}

/// <summary>Whether and where progress is shown.</summary>
internal static class Progress
{
    public static bool IsWanted(CommandRun run) =>
        run.Console.ErrorIsTerminal && !run.Settings.Quiet && !run.Settings.Json;

    public static IAnsiConsole Console(CommandRun run) =>
        AnsiConsoles.Create(run.Console.Error, run.Console.Width, run.Settings.Color, isTerminal: true);
}
