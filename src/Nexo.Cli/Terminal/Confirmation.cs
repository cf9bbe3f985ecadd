namespace Nexo.Cli.Terminal;

/// <summary>Asks a person before what cannot be undone; a script is not asked.</summary>
internal static class Confirmation
{
    /// <summary>True when somebody sits there who can answer.</summary>
    public static bool IsWanted(CommandRun run) => run.Console.InputIsTerminal && run.Console.ErrorIsTerminal;

    /// <summary>Asks, and takes anything but a yes as a no.</summary>
    public static async Task<bool> AskAsync(CommandRun run, string question)
    {
        await run.Console.Error.WriteAsync($"{question} [y/N] ");
        await run.Console.Error.FlushAsync(run.Cancel);
        using var answers = new StreamReader(run.Console.Input, leaveOpen: true);
        string? answer = await answers.ReadLineAsync(run.Cancel).AsTask().WaitAsync(run.Cancel);
        return answer?.Trim() is "y" or "Y" or "yes";
    }
}
