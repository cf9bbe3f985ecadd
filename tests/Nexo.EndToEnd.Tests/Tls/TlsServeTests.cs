using System.Diagnostics;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>The program itself: what a keeper of it does.</summary>
public sealed class TlsServeTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task SIGHUP_has_all_read_anew_at_once_and_ends_nothing()
    {
        string settings = _certificates.Write("nexo.json", """{ "log": { "level": "information" }, "queues": { "max": 5 } }""");
        using Process server = Start("--config", settings, "--set", $"tls.certificate={_certificates.ServerFile}", "--set",
            $"tls.key={_certificates.ServerKey}");
        try
        {
            Assert.Contains("nexos://", await server.StandardOutput.ReadLineAsync().WaitAsync(Patience), StringComparison.Ordinal);
            _certificates.IssueServer().Dispose();
            _certificates.Write("nexo.json", """{ "log": { "level": "warning" }, "queues": { "max": 6 } }""");

            using (Process kill = Process.Start("kill", ["-HUP", $"{server.Id}"]))
            {
                await kill.WaitForExitAsync();
            }

            string log = await ReadUntilAsync(server.StandardError, "only a restart puts into force queues.max");
            Assert.False(server.HasExited);
            Assert.DoesNotContain("NOT reloaded", log, StringComparison.Ordinal);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task A_start_with_a_certificate_that_has_expired_ends_with_the_remedy()
    {
        _certificates.IssueServer(TestCertificates.Now.AddDays(-20), TestCertificates.Now.AddDays(-10)).Dispose();
        using Process server = Start(
            "--set", $"tls.certificate={_certificates.ServerFile}", "--set", $"tls.key={_certificates.ServerKey}");

        string error = await server.StandardError.ReadToEndAsync().WaitAsync(Patience);
        await server.WaitForExitAsync();
        Assert.Equal(1, server.ExitCode);
        Assert.Contains("has expired", error, StringComparison.Ordinal);
        Assert.Contains("renew it", error, StringComparison.Ordinal);
    }

    private static async Task<string> ReadUntilAsync(StreamReader reader, string text)
    {
        string read = string.Empty;
        while (!read.Contains(text, StringComparison.Ordinal))
        {
            string? line = await reader.ReadLineAsync().WaitAsync(Patience);
            Assert.True(line is not null, $"the log ended before it said: {text}; it said: {read}");
            read += line + "\n";
        }

        return read;
    }

    private static Process Start(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "nexo.dll");
        string[] common = ["exec", program, "serve", "--port", "0", "--http-port", "0", "--data", "none"];
        return Process.Start(new ProcessStartInfo("dotnet", [.. common, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
