using Microsoft.Extensions.Logging;
using Nexo.Server.Security;

namespace Nexo.Server.Hosting;

/// <summary>
/// How many lines of one kind, that is of one category and event, are written in a second: those beyond are counted, and their number
/// is said when the second is over. So no client fills a disk with what it has the server say. What is critical is always written;
/// the audit log has a pace of its own.
/// </summary>
internal sealed class LogPace(NexoServerOptions first, TimeProvider time) : ILiveSettings
{
    private volatile int _repeatsMax = first.Log.RepeatsMax;

    /// <summary>Of one kind in a second; 0: as many as there are.</summary>
    public int RepeatsMax => _repeatsMax;

    public TimeProvider Time => time;

    public void Apply(NexoServerOptions next) => _repeatsMax = next.Log.RepeatsMax;

    /// <summary>A provider whose loggers keep the pace.</summary>
    public ILoggerProvider Around(ILoggerProvider provider) => new Provider(this, provider);

    private sealed class Provider(LogPace pace, ILoggerProvider inner) : ILoggerProvider, ISupportExternalScope
    {
        public ILogger CreateLogger(string categoryName) => categoryName == AuditLog.Category
            ? inner.CreateLogger(categoryName)
            : new PacedLogger(pace, inner.CreateLogger(categoryName));

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) =>
            (inner as ISupportExternalScope)?.SetScopeProvider(scopeProvider);

        public void Dispose() => inner.Dispose();
    }
}
