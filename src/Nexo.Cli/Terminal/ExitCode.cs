namespace Nexo.Cli.Terminal;

/// <summary>What the process returns. Scripts build on these numbers: they do not change.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The answer is no: the key is missing, the condition failed.</summary>
    public const int Negative = 1;

    /// <summary>The command line or the input cannot be understood.</summary>
    public const int Usage = 2;

    /// <summary>The server cannot be reached, or the connection was lost.</summary>
    public const int CannotConnect = 3;

    public const int Authentication = 4;

    /// <summary>The server refused the request with a typed error.</summary>
    public const int Refused = 5;

    /// <summary>A defect of this program.</summary>
    public const int Defect = 70;

    /// <summary>128 + SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>128 + SIGPIPE: whoever read our output has gone, as in <c>| head -1</c>.</summary>
    public const int OutputClosed = 141;

    /// <summary>128 + SIGTERM.</summary>
    public const int Terminated = 143;

    /// <summary>The table that the root help prints.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> Meanings { get; } =
    [
        (Ok, "done"),
        (Negative, "the answer is no: key missing, condition failed"),
        (Usage, "the command line or the input cannot be understood"),
        (CannotConnect, "the server cannot be reached, or did not answer in time"),
        (Authentication, "credentials are missing or wrong, or do not allow it"),
        (Refused, "the server refused the request"),
        (Defect, "a defect of nexo; NEXO_DEBUG=1 shows where"),
        (Interrupted, "interrupted (Ctrl-C); 143 when terminated, 141 when the output was closed"),
    ];
}
