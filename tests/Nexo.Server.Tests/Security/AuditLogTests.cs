using System.Net;
using Microsoft.Extensions.Logging;
using Nexo.Server.Security;

namespace Nexo.Server.Tests.Security;

public sealed class AuditLogTests
{
    private static readonly IPEndPoint Here = new(IPAddress.Parse("192.0.2.1"), 1_000);

    private readonly ManualTime _time = new();
    private readonly Lines _lines = new();

    [Fact]
    public void A_line_says_who_from_where_what_and_how_it_ended()
    {
        AuditLog audit = Make();
        audit.Login("ada", Here, LoginOutcome.Failed);
        audit.Operation("ada", Here, "QueueDelete", "jobs"u8, isAllowed: true);
        audit.Operation(string.Empty, null, "AdminSnapshot", default, isAllowed: false);
        audit.Withdrawn("ada", Here, "2 filters");

        Assert.Equal(
            [
                "Nexo.Audit: login user=ada from=192.0.2.1:1000 outcome=failed",
                "Nexo.Audit: operation user=ada from=192.0.2.1:1000 what=QueueDelete name=jobs outcome=allowed",
                "Nexo.Audit: operation user=- from=unix what=AdminSnapshot name=- outcome=refused",
                "Nexo.Audit: withdrawn user=ada from=192.0.2.1:1000 what=2 filters",
            ],
            _lines.All);
    }

    [Fact]
    public void What_clients_have_sent_writes_no_lines_of_its_own()
    {
        Make().Operation("a\nb", Here, "get", "x\r\nlogin user=eve\u2028y"u8, isAllowed: false);
        string line = Assert.Single(_lines.All);
        Assert.DoesNotContain(line, one => one is '\n' or '\r' or '\u2028');
        Assert.Contains(@"user=a\u000ab", line, StringComparison.Ordinal);
        Assert.Contains(@"name=x\u000d\u000alogin\u0020user=eve", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_name_is_cut()
    {
        Make().Operation("ada", Here, "get", new byte[100_000], isAllowed: false);
        Assert.InRange(Assert.Single(_lines.All).Length, 100, 2_000);
    }

    [Fact]
    public void A_flood_is_cut_counted_and_keeps_no_other_kind_from_being_told()
    {
        AuditLog audit = Make();
        for (int i = 0; i < 10_000; i++)
        {
            audit.Login("eve", Here, LoginOutcome.Failed);
        }

        audit.Operation("ada", Here, "QueueDelete", "jobs"u8, isAllowed: true);
        Assert.Equal(201, _lines.All.Count);

        _time.Advance(TimeSpan.FromSeconds(1));
        audit.Login("ada", Here, LoginOutcome.Accepted);
        Assert.Equal(
            "Nexo.Audit: 9800 lines were not written: there were too many of their kind in a short time", _lines.All[^2]);
    }

    private AuditLog Make() => new(_lines, _time);

    /// <summary>Keeps what is logged.</summary>
    private sealed class Lines : ILoggerFactory, ILogger
    {
        private string _category = string.Empty;

        public List<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName)
        {
            _category = categoryName;
            return this;
        }

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add($"{_category}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
