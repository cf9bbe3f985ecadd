namespace Nexo.Cli.Terminal;

/// <summary>
/// Ends a command with a message for people: what happened, and in <see cref="Hint"/> what to do next.
/// </summary>
internal sealed class CliFailure : Exception
{
    public CliFailure(int exitCode, string code, string message, string? hint = null, Exception? cause = null)
        : base(message, cause)
    {
        ExitCode = exitCode;
        Code = code;
        Hint = hint;
    }

    public int ExitCode { get; }

    /// <summary>A stable snake_case name, for <c>--json</c>.</summary>
    public string Code { get; }

    public string? Hint { get; }

    /// <summary>True when the same command may succeed later, unchanged.</summary>
    public bool Retryable { get; init; }

    /// <summary>The number of the input's line that is at fault.</summary>
    public long? Line { get; init; }

    public static CliFailure Usage(string message, string? hint = null) =>
        new(Terminal.ExitCode.Usage, "usage", message, hint);
}
