using System.CommandLine;

namespace Nexo.Cli.Terminal;

/// <summary>
/// What actions find on their <see cref="ParseResult"/>: the console and the options that all commands share.
/// </summary>
internal sealed class CliInvocation : InvocationConfiguration
{
    public CliInvocation(CliConsole console, GlobalOptions globals)
    {
        Console = console;
        Globals = globals;
        Output = new StreamWriter(console.Output, leaveOpen: true) { AutoFlush = true };
        Error = console.Error;
        EnableDefaultExceptionHandler = false;

        // Program cancels on signals; a timer here would cut a server's graceful stop short.
        ProcessTerminationTimeout = null;
    }

    public CliConsole Console { get; }

    public GlobalOptions Globals { get; }

    public static CliInvocation Of(ParseResult parsed) => (CliInvocation)parsed.InvocationConfiguration;
}
