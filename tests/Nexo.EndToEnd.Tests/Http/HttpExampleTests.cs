using System.Diagnostics;
using System.Text.RegularExpressions;
using Nexo.EndToEnd.Tests.House;

namespace Nexo.EndToEnd.Tests.Http;

/// <summary>The examples of <c>docs/http.md</c> do what the document says, with the curl of this machine.</summary>
public sealed partial class HttpExampleTests
{
    private const string Address = "http://localhost:7655";

    [Fact]
    public async Task Every_example_of_the_document_answers_as_it_says()
    {
        Assert.SkipUnless(await RunsAsync("curl --help all | grep -q -- --json"), "there is no curl with --json");
        await using TestServer server = await TestServer.StartAsync(ApiPeer.On);
        (string Script, string? Expected)[] examples =
        [
            .. Example().Matches(Repository.Read("docs/http.md"))
                .Select(match => (match.Groups[1].Value, match.Groups[2].Success ? match.Groups[2].Value : null)),
        ];
        Assert.True(examples.Length >= 8);
        foreach ((string script, string? expected) in examples)
        {
            (int code, string output, string errors) = await RunAsync(script.Replace(Address, server.HttpUrl!.TrimEnd('/'), StringComparison.Ordinal));
            Assert.True(code == 0, $"{script}\nended with {code}: {output}{errors}");
            if (expected is not null)
            {
                Assert.Matches(PatternOf(expected), Plain(output));
            }
        }
    }

    // What differs from run to run is a … in the document.
    private static string PatternOf(string expected) =>
        $"^{string.Join(".*?", Plain(expected).Split('…').Select(Regex.Escape))}$";

    // Answers stand one behind the other, and in the document on lines of their own.
    private static string Plain(string text) => text.Replace("\n", "", StringComparison.Ordinal);

    private static async Task<bool> RunsAsync(string script) => (await RunAsync(script)).Code == 0;

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string script)
    {
        var start = new ProcessStartInfo("bash")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NEXO_TOKEN"] = "none";
        using Process bash = Process.Start(start)!;
        await bash.StandardInput.WriteAsync($$"""
            set -e
            curl() { command curl -sS --fail-with-body --max-time 60 "$@"; }
            {{script}}
            """);
        bash.StandardInput.Close();
        Task<string> errors = bash.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (bash.ExitCode, output, await errors);
    }

    [GeneratedRegex("```sh\n(.*?)```\n(?:```text\n(.*?)```)?", RegexOptions.Singleline)]
    private static partial Regex Example();
}
