using Microsoft.Extensions.Logging;

namespace Nexo.Server.Tls;

/// <summary>Says in the log, once a day, that the certificate is about to end. Looked at by one caller at a time.</summary>
internal sealed partial class CertificateWatch(TlsIdentities identities, TimeProvider time, ILogger<CertificateWatch> log)
{
    /// <summary>From so long before its end on it is said.</summary>
    public static readonly TimeSpan WarnBefore = TimeSpan.FromDays(30);

    // From here on it is an error: somebody has overlooked the warnings.
    private static readonly TimeSpan UrgentBefore = TimeSpan.FromDays(7);
    private static readonly TimeSpan Repeat = TimeSpan.FromDays(1);

    private TlsIdentity? _told;
    private DateTimeOffset _toldAt;

    public void Look()
    {
        TlsIdentity identity = identities.Current;
        DateTimeOffset now = time.GetUtcNow();
        TimeSpan left = identity.NotAfter - now;
        if (left > WarnBefore || (ReferenceEquals(identity, _told) && now - _toldAt < Repeat))
        {
            return;
        }

        (_told, _toldAt) = (identity, now);
        string end = $"{identity.NotAfter:yyyy-MM-dd HH:mm:ss'Z'}";
        if (left <= TimeSpan.Zero)
        {
            LogEnded(identity.Subject, end);
        }
        else if (left <= UrgentBefore)
        {
            LogEndsSoon(identity.Subject, (int)left.TotalDays, end);
        }
        else
        {
            LogEnds(identity.Subject, (int)left.TotalDays, end);
        }
    }

    [LoggerMessage(1, LogLevel.Warning,
        "the TLS certificate {Subject} ends in {Days} days, at {End}: replace its files (tls.certificate, tls.key), which "
        + "are taken up at once")]
    private partial void LogEnds(string subject, int days, string end);

    [LoggerMessage(2, LogLevel.Error,
        "the TLS certificate {Subject} ends in {Days} days, at {End}: replace its files (tls.certificate, tls.key), which "
        + "are taken up at once")]
    private partial void LogEndsSoon(string subject, int days, string end);

    [LoggerMessage(3, LogLevel.Error,
        "the TLS certificate {Subject} has ended, at {End}, and clients refuse it: replace its files (tls.certificate, tls.key)")]
    private partial void LogEnded(string subject, string end);
}
