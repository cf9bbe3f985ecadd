using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using System.Runtime.InteropServices;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli;

/// <summary><c>nexo version</c>, and what <c>nexo --version</c> shows.</summary>
internal static class VersionCommand
{
    private const int CommitShown = 10;

    // The SDK appends the commit that was built, if it was built in a repository.
    private static readonly string[] Parts =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+') ?? ["unknown"];

    /// <summary>The version of this build.</summary>
    public static string Version => Parts[0];

    /// <summary>The commit that it was built from, in hexadecimal digits; null: not known.</summary>
    public static string? Commit => Parts is [_, var commit] ? commit : null;

    public static Command Create()
    {
        var command = new Command("version", "Show the version of this program") { Action = new ShowVersion() };
        return command.WithExamples(("For scripts", "nexo version --json"));
    }

    internal sealed class ShowVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            using CliOutput output = CommandRun.OutputOf(parseResult);
            string framework = RuntimeInformation.FrameworkDescription;
            string platform = RuntimeInformation.RuntimeIdentifier;
            string commit = Commit is null ? "" : $"commit {Commit[..Math.Min(CommitShown, Commit.Length)]}";
            output.Result(
                commit.Length == 0 ? $"nexo {Version}" : $"nexo {Version} ({commit})",
                $"nexo {output.Bold(Version)} ({(commit.Length == 0 ? "" : $"{commit}, ")}protocol {ProtocolVersion.V1}, {framework}, "
                + $"{platform})",
                json =>
                {
                    json.WriteString("version", Version);
                    json.WriteString("commit", Commit);
                    json.WriteNumber("protocol", ProtocolVersion.V1);
                    json.WriteString("framework", framework);
                    json.WriteString("platform", platform);
                });
            output.Flush();
            return ExitCode.Ok;
        }
    }
}
