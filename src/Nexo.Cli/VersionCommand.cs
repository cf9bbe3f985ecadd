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
    /// <summary>The version of this build, without the commit that the SDK appends.</summary>
    public static string Version { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0] ?? "unknown";

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
            output.Result(
                $"nexo {Version}",
                $"nexo {output.Bold(Version)} (protocol {ProtocolVersion.V1}, {framework}, {platform})",
                json =>
                {
                    json.WriteString("version", Version);
                    json.WriteNumber("protocol", ProtocolVersion.V1);
                    json.WriteString("framework", framework);
                    json.WriteString("platform", platform);
                });
            output.Flush();
            return ExitCode.Ok;
        }
    }
}
