using Nexo.Cli.Terminal;
using Xunit;

namespace Nexo.Cli.Tests.Bench;

public sealed class RespBenchTests
{
    private static readonly string[] Brief =
    [
        "bench", "store", "--clients", "2", "--pipeline", "4", "--keys", "50",
        "--seconds", "0.1", "--warm-up", "0", "--json", "--verify",
    ];

    [Theory]
    [InlineData("set", 0)]
    [InlineData("get", 0)]
    [InlineData("mixed", 0)]
    [InlineData("mixed", 1)]
    [InlineData("get", 7)]
    public async Task A_server_that_speaks_RESP_gets_the_same_load(string operation, int pieceBytes)
    {
        await using var server = new ScriptedResp { PieceBytes = pieceBytes };
        CliResult result = await RunAsync($"redis://{server.Address}", "--op", operation, "--size", "33");
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
        Assert.True(result.Json.GetProperty("ops").GetInt64() > 0);
        Assert.Equal(0, result.Json.GetProperty("misses").GetInt64() + result.Json.GetProperty("mismatches").GetInt64());
        Assert.All(server.Values.Values, value => Assert.Equal(33, value.Length));
    }

    [Fact]
    public async Task A_password_in_the_url_opens_the_server()
    {
        await using var server = new ScriptedResp { Password = "s3cret" };
        Assert.Equal(ExitCode.Ok, (await RunAsync($"redis://:s3cret@{server.Address}", "--op", "set")).ExitCode);
        CliResult wrong = await RunAsync($"redis://:other@{server.Address}", "--op", "set");
        Assert.Equal(ExitCode.Refused, wrong.ExitCode);
        Assert.Contains("WRONGPASS", wrong.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SET", "-OOM no room\r\n", "OOM no room")]
    [InlineData("GET", "$3\r\nabc\r\n", "not what was written")]
    [InlineData("GET", "$x\r\n", "no number")]
    [InlineData("GET", "HTTP/1.1 400 Bad Request\r\n", "unknown kind")]
    [InlineData("PING", "HTTP/1.1 400 Bad Request\r\n", "does not speak RESP")]
    public async Task What_is_wrong_is_said(string command, string reply, string message)
    {
        await using var server = new ScriptedResp { Instead = name => name == command ? reply : null };
        CliResult result = await RunAsync($"redis://{server.Address}", "--op", "get");
        Assert.NotEqual(ExitCode.Ok, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    private static Task<CliResult> RunAsync(string url, params string[] more) =>
        new CliRunner().Run([.. Brief, "--url", url, .. more]);
}
