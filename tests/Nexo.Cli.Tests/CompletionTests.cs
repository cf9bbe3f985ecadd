using Nexo.Cli.Terminal;
using Xunit;

namespace Nexo.Cli.Tests;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("bash", "complete -o default -F _nexo nexo")]
    [InlineData("zsh", "compdef _nexo nexo")]
    [InlineData("fish", "complete --command nexo")]
    public async Task The_script_of_a_shell_asks_the_binary_itself(string shell, string registration)
    {
        CliResult result = await new CliRunner().Run("completion", shell);
        Assert.Equal(ExitCode.Ok, result.ExitCode);
        Assert.Contains("[suggest:", result.Output, StringComparison.Ordinal);
        Assert.Contains(registration, result.Output, StringComparison.Ordinal);
        Assert.EndsWith("\n", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "store")]
    [InlineData("store h", "hgetall")]
    [InlineData("store set --t", "--ttl")]
    [InlineData("completion ", "fish")]
    [InlineData("queue d", "declare")]
    [InlineData("queue dlq r", "redrive")]
    [InlineData("queue declare q --backoff ", "exponential")]
    [InlineData("queue dlq list q --cause ", "consumer-lost")]
    [InlineData("stream t", "tail")]
    [InlineData("stream read s --from ", "beginning")]
    [InlineData("stream create s --compaction ", "off")]
    public async Task The_binary_suggests_what_fits(string typed, string expected)
    {
        // The word before is the program, whatever it is called here.
        string line = $"{System.CommandLine.RootCommand.ExecutableName} {typed}";
        CliResult result = await new CliRunner().Run($"[suggest:{line.Length}]", line);
        Assert.Equal(ExitCode.Ok, result.ExitCode);
        Assert.Contains(expected, result.Lines);
    }

    [Fact]
    public async Task What_would_be_refused_is_not_suggested()
    {
        string line = $"{System.CommandLine.RootCommand.ExecutableName} sub t --when-slow ";
        CliResult result = await new CliRunner().Run($"[suggest:{line.Length}]", line);
        Assert.Equal(["drop-newest", "drop-oldest", "end"], result.Lines.Order(StringComparer.Ordinal));
    }
}
