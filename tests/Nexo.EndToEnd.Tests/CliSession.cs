using System.CommandLine;
using Nexo.Cli;
using Nexo.Cli.Tests;

namespace Nexo.EndToEnd.Tests;

/// <summary>Runs commands against one server and remembers which were used.</summary>
internal sealed class CliSession(string url)
{
    private readonly HashSet<string> _used = [];

    public Task<CliResult> Run(string[] args, byte[]? stdin = null, CancellationToken cancel = default)
    {
        for (int words = 1; words <= args.Length; words++)
        {
            _used.Add(string.Join(' ', args[..words]));
        }

        return CliRunner.For(url).Run(args, stdin, cancel);
    }

    public async Task Does(int exitCode, params string[] args)
    {
        CliResult result = await Run(args);
        Assert.True(exitCode == result.ExitCode, Describe(args, result));
    }

    public async Task Expect(string output, int exitCode, params string[] args)
    {
        CliResult result = await Run(args);
        Assert.True((output, exitCode) == (result.Output, result.ExitCode), Describe(args, result));
    }

    /// <summary>Commands below this one, however deep, that were not used.</summary>
    public IEnumerable<string> UnusedCommands(string name) =>
        Leaves(Program.Commands().Single(command => command.Name == name), name).Where(path => !_used.Contains(path));

    private static IEnumerable<string> Leaves(Command command, string path) => command.Subcommands.Count == 0
        ? [path]
        : command.Subcommands.SelectMany(child => Leaves(child, $"{path} {child.Name}"));

    private static string Describe(string[] args, CliResult result) =>
        $"{string.Join(' ', args)}: exit code {result.ExitCode}, output '{result.Output}', error '{result.Error}'";
}
