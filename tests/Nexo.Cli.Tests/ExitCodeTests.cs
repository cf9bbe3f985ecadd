using Nexo.Cli.Terminal;
using Xunit;

namespace Nexo.Cli.Tests;

public sealed class ExitCodeTests
{
    [Theory]
    [InlineData("ping")]
    [InlineData("info")]
    [InlineData("store get k")]
    [InlineData("store set k v")]
    [InlineData("store scan")]
    [InlineData("store watch")]
    [InlineData("store load -")]
    [InlineData("store dump")]
    [InlineData("queue push q body")]
    [InlineData("queue consume q --follow")]
    [InlineData("queue top")]
    [InlineData("queue dlq list q")]
    public async Task A_server_that_cannot_be_reached_is_exit_code_3_and_says_what_to_do(string line)
    {
        CliResult result = await CliRunner.For(UnreachableServer.Url).Run(line.Split(' '));
        Assert.Equal(ExitCode.CannotConnect, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("connection refused", result.Error, StringComparison.Ordinal);
        Assert.Contains("nexo serve", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_are_json_when_json_was_asked_for()
    {
        CliResult result = await CliRunner.For(UnreachableServer.Url).Run("store", "get", "k", "--json");
        Assert.Equal("connect_failed", result.ErrorJson.GetProperty("code").GetString());
        Assert.Equal(ExitCode.CannotConnect, result.ErrorJson.GetProperty("exit_code").GetInt32());
        Assert.NotEmpty(result.ErrorJson.GetProperty("hint").GetString()!);
    }

    [Fact]
    public async Task The_stack_trace_is_shown_only_when_asked_for()
    {
        CliRunner runner = CliRunner.For(UnreachableServer.Url);
        runner.Environment["NEXO_DEBUG"] = "1";
        CliResult result = await runner.Run("ping");
        Assert.Contains("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unexpected_exception_is_one_line_and_exit_code_70()
    {
        using var broken = new ThrowingStream(new InvalidOperationException("boom"));
        CliResult result = await new CliRunner { Output = broken }.Run("version");
        Assert.Equal(ExitCode.Defect, result.ExitCode);
        Assert.Contains("boom", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("version")]
    [InlineData("store --help")]
    [InlineData("completion bash")]
    public async Task A_closed_output_ends_the_command_silently(string line)
    {
        using var closed = new ThrowingStream(new OutputClosedException());
        CliResult result = await new CliRunner { Output = closed }.Run(line.Split(' '));
        Assert.Equal(ExitCode.OutputClosed, result.ExitCode);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task An_interrupted_command_is_exit_code_130()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        CliResult result = await CliRunner.For(UnreachableServer.Url).Run(["ping"], null, cancel.Token);
        Assert.Equal(ExitCode.Interrupted, result.ExitCode);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Credentials_are_never_echoed()
    {
        string url = UnreachableServer.Url.Replace("//", "//alice:s3cret@", StringComparison.Ordinal);
        CliRunner runner = CliRunner.For(url);
        runner.Environment["NEXO_PASSWORD"] = "s3cret2";
        runner.Environment["NEXO_TOKEN"] = "s3cret3";
        CliResult result = await runner.Run("ping");
        Assert.Equal(ExitCode.CannotConnect, result.ExitCode);
        Assert.DoesNotContain("s3cret", result.Error, StringComparison.Ordinal);
    }

    private sealed class ThrowingStream(Exception thrown) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw thrown;

        public override void Write(ReadOnlySpan<byte> buffer) => throw thrown;
    }
}
