namespace Nexo.Cli.Serve;

/// <summary>Tells of settings that are not right, all of them at once.</summary>
internal static class SettingProblems
{
    /// <summary><c>EX_CONFIG</c> of sysexits.h.</summary>
    public const int ExitCode = 78;

    public static int Write(TextWriter error, IReadOnlyList<string> problems, string consequence)
    {
        string what = problems.Count == 1 ? "one setting is not right" : $"{problems.Count} settings are not right";
        error.WriteLine($"nexo: {what}; {consequence}:");
        foreach (string problem in problems)
        {
            error.WriteLine($"  - {problem}");
        }

        return ExitCode;
    }
}
