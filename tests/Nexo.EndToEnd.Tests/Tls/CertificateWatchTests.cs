using Microsoft.Extensions.Logging;
using Nexo.Client;
using Nexo.Server.Tls;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>The end of a certificate is told before it comes.</summary>
public sealed class CertificateWatchTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly LaterTime _time = new();
    private readonly Lines _log = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public void It_is_said_once_a_day_from_thirty_days_on_louder_in_the_last_week_and_no_more_after_a_renewal()
    {
        _certificates.IssueServer(until: TestCertificates.Now.AddDays(40).AddHours(1));
        TlsIdentities identities = Load();
        var watch = new CertificateWatch(identities, _time, _log);
        LookFor(watch, TimeSpan.FromDays(9));
        Assert.Empty(_log.All);

        // The clock of the machine goes on meanwhile, so a look may be a moment before or behind a whole day.
        LookFor(watch, TimeSpan.FromDays(31));
        Assert.InRange(_log.All.Count, 30, 31);
        Assert.All(_log.All, line => Assert.StartsWith(
            Enumerable.Range(0, 7).Any(day => line.Contains($" ends in {day} days", StringComparison.Ordinal)) ? "Error: " : "Warning: ",
            line,
            StringComparison.Ordinal));
        Assert.InRange(_log.All.Count(line => line.StartsWith("Error: ", StringComparison.Ordinal)), 7, 8);
        int told = _log.All.Count;

        _time.Later += TimeSpan.FromDays(1);
        watch.Look();
        Assert.Contains("has ended", _log.All[^1], StringComparison.Ordinal);

        _certificates.IssueServer(until: _time.GetUtcNow().AddDays(90));
        Assert.Equal(Nexo.Server.Hosting.ReloadVerdict.Applied, identities.Reload().Verdict);
        LookFor(watch, TimeSpan.FromDays(2));
        Assert.Equal(told + 1, _log.All.Count);
    }

    [Fact]
    public async Task A_server_tells_when_its_certificate_ends()
    {
        DateTimeOffset end = new(TestCertificates.Now.AddDays(5).UtcDateTime.Date, TimeSpan.Zero);
        _certificates.IssueServer(until: end);
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        await using NexoClient client = await server.ConnectAsync(_certificates);

        Dictionary<string, string> facts = new(await client.InfoAsync());

        Assert.Equal($"{end.ToUnixTimeMilliseconds()}", facts["tls.certificate_ends_at_ms"]);
    }

    private TlsIdentities Load() => new(
        _certificates.Options,
        TlsFiles.TryLoad(_certificates.Options, _time.GetUtcNow(), out string problem) ?? throw new InvalidOperationException(problem),
        _time);

    // As the server does, every now and then.
    private void LookFor(CertificateWatch watch, TimeSpan time)
    {
        for (int hour = 0; hour < time.TotalHours; hour++)
        {
            _time.Later += TimeSpan.FromHours(1);
            watch.Look();
        }
    }

    private sealed class LaterTime : TimeProvider
    {
        public TimeSpan Later { get; set; }

        public override DateTimeOffset GetUtcNow() => TestCertificates.Now + Later;
    }

    private sealed class Lines : ILogger<CertificateWatch>
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
