using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Nexo.Server.Security;

/// <summary>
/// Who has logged in, and failed to; who has managed what, and was refused what: a line each in the log's category
/// <c>Nexo.Audit</c>. A flood of one kind is cut, and how much is said: nobody fills a disk by guessing.
/// </summary>
internal sealed partial class AuditLog
{
    public const string Category = "Nexo.Audit";

    private const int NameBytesMax = 128;

    private readonly ILogger _log;
    private readonly AuditPace _logins;
    private readonly AuditPace _refusals;
    private readonly AuditPace _changes;

    public AuditLog(ILoggerFactory logs, TimeProvider time)
    {
        _log = logs.CreateLogger(Category);
        _logins = new AuditPace(perSecond: 20, burst: 200, time);
        _refusals = new AuditPace(perSecond: 20, burst: 200, time);
        _changes = new AuditPace(perSecond: 200, burst: 2_000, time);
    }

    public void Login(string user, EndPoint? remote, LoginOutcome outcome)
    {
        if (MayTell(_logins, LogLevel.Information))
        {
            LogLogin(Shown(user), Shown(remote), NameOf(outcome));
        }
    }

    /// <summary>Somebody may, or may not, do something.</summary>
    /// <param name="user">Who; empty: nobody is asked.</param>
    /// <param name="remote">From where.</param>
    /// <param name="what">The request, or the command.</param>
    /// <param name="name">With what; empty: the server itself.</param>
    /// <param name="isAllowed">Whether it was let through.</param>
    public void Operation(string user, EndPoint? remote, string what, ReadOnlySpan<byte> name, bool isAllowed)
    {
        if (MayTell(isAllowed ? _changes : _refusals, LogLevel.Information))
        {
            LogOperation(Shown(user), Shown(remote), what, Shown(name), isAllowed ? "allowed" : "refused");
        }
    }

    /// <summary>Somebody has lost what he had, or is sent away.</summary>
    public void Withdrawn(string user, EndPoint? remote, string what)
    {
        if (MayTell(_changes, LogLevel.Information))
        {
            LogWithdrawn(Shown(user), Shown(remote), what);
        }
    }

    private bool MayTell(AuditPace pace, LogLevel level)
    {
        if (!_log.IsEnabled(level))
        {
            return false;
        }

        bool may = pace.TryTake(out long untold);
        if (untold > 0)
        {
            LogUntold(untold);
        }

        return may;
    }

    private static string NameOf(LoginOutcome outcome) => outcome switch
    {
        LoginOutcome.Accepted => "accepted",
        LoginOutcome.Failed => "failed",
        _ => "throttled",
    };

    // What clients have sent must not write lines of its own.
    private static string Shown(string text) => Shown(Encoding.UTF8.GetBytes(text));

    private static string Shown(EndPoint? remote) => remote?.ToString() is { Length: > 0 } place ? place : "unix";

    private static string Shown(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return "-";
        }

        var shown = new StringBuilder();
        foreach (char one in Encoding.UTF8.GetString(name[..Math.Min(name.Length, NameBytesMax)]))
        {
            shown.Append(char.IsControl(one) || one == ' ' || one == '\u2028' || one == '\u2029'
                ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)one:x4}")
                : one);
        }

        return name.Length > NameBytesMax ? $"{shown}…" : shown.ToString();
    }

    [LoggerMessage(1, LogLevel.Information, "login user={User} from={Remote} outcome={Outcome}")]
    private partial void LogLogin(string user, string remote, string outcome);

    [LoggerMessage(2, LogLevel.Information, "operation user={User} from={Remote} what={What} name={Name} outcome={Outcome}")]
    private partial void LogOperation(string user, string remote, string what, string name, string outcome);

    [LoggerMessage(3, LogLevel.Warning, "withdrawn user={User} from={Remote} what={What}")]
    private partial void LogWithdrawn(string user, string remote, string what);

    [LoggerMessage(4, LogLevel.Warning, "{Count} lines were not written: there were too many of their kind in a short time")]
    private partial void LogUntold(long count);
}
