using System.CommandLine;
using Nexo.Cli.Terminal;
using Xunit;

namespace Nexo.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Paths() => [.. All(Program.Commands(), "").Select(pair => pair.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task The_help_of_every_command_says_what_it_does_and_gives_an_example(string path)
    {
        CliResult result = await new CliRunner().Run([.. path.Split(' '), "--help"]);
        Assert.Equal(ExitCode.Ok, result.ExitCode);
        Assert.Empty(result.Error);
        Assert.Contains($"Usage:\n  nexo {path}", result.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:\n  # ", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("config new-token")]
    [InlineData("completion bash")]
    public async Task The_help_of_a_command_that_talks_to_no_server_leaves_out_how_to_reach_one(string path)
    {
        CliResult result = await new CliRunner().Run([.. path.Split(' '), "--help"]);
        Assert.DoesNotContain("--url", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("--token", result.Output, StringComparison.Ordinal);
        Assert.Contains("--no-color", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Descriptions_of_commands_and_their_symbols_are_short_and_alike()
    {
        foreach ((string path, Command command) in All(Program.Commands(), ""))
        {
            IEnumerable<Symbol> symbols = [command, .. command.Options, .. command.Arguments];
            foreach (Symbol symbol in symbols.Where(symbol => !symbol.Hidden))
            {
                string text = symbol.Description ?? "";
                Assert.True(text.Length is > 0 and <= 110, $"{path} {symbol.Name}: '{text}'");
                Assert.True(char.IsUpper(text[0]) && !text.EndsWith('.'), $"{path} {symbol.Name}: '{text}'");
            }
        }
    }

    [Fact]
    public async Task Help_fits_the_width_of_the_terminal()
    {
        const int Width = 80;
        CliResult result = await new CliRunner { Width = Width }.Run("store", "--help");
        string options = result.Output[..result.Output.IndexOf("Examples:", StringComparison.Ordinal)];
        Assert.All(options.Split('\n'), line => Assert.True(line.Length <= Width, line));
    }

    [Fact]
    public async Task The_root_help_lists_the_exit_codes()
    {
        CliResult result = await new CliRunner().Run("--help");
        Assert.Contains("Exit codes:", result.Output, StringComparison.Ordinal);
        Assert.Contains("130", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("store")]
    public async Task A_group_alone_shows_its_help_on_standard_error_and_is_wrong_usage(params string[] args)
    {
        CliResult result = await new CliRunner().Run(args);
        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("Usage:", result.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Path, Command Command)> All(IEnumerable<Command> commands, string parent) =>
        commands.SelectMany(command => All(command.Subcommands, $"{parent}{command.Name} ")
            .Prepend(($"{parent}{command.Name}", command)));
}
