using Microsoft.Extensions.Logging;

namespace Nexo.Server.Hosting;

/// <summary>A logger of one category that keeps the pace.</summary>
internal sealed class PacedLogger(LogPace pace, ILogger inner) : ILogger
{
    // Kinds that have no event id are told apart by their text; whatever that is, there are no more than so many.
    private const int KindsMax = 256;
    private const string TemplateKey = "{OriginalFormat}";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(int Id, string Template), Kind> _kinds = [];

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        int most = pace.RepeatsMax;
        if (most == 0 || logLevel == LogLevel.Critical || TryTake(logLevel, eventId, TemplateOf(eventId, state), most))
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    private static string TemplateOf<TState>(EventId eventId, TState state)
    {
        if (eventId.Id == 0 && state is IReadOnlyList<KeyValuePair<string, object?>> { Count: > 0 } values
            && values[^1] is { Key: TemplateKey, Value: string template })
        {
            return template;
        }

        return string.Empty;
    }

    private bool TryTake(LogLevel level, EventId eventId, string template, int most)
    {
        lock (_gate)
        {
            var key = (eventId.Id, template);
            if (!_kinds.TryGetValue(key, out Kind? kind))
            {
                key = _kinds.Count < KindsMax ? key : default;
                if (!_kinds.TryGetValue(key, out kind))
                {
                    kind = new Kind { Since = pace.Time.GetTimestamp() };
                    _kinds.Add(key, kind);
                }
            }

            if (kind.LeftOut == 0 && pace.Time.GetElapsedTime(kind.Since) >= Second)
            {
                kind.Since = pace.Time.GetTimestamp();
                kind.Written = 0;
            }

            if (kind.Written < most)
            {
                kind.Written++;
                return true;
            }

            kind.Level = level > kind.Level || kind.LeftOut == 0 ? level : kind.Level;
            if (kind.LeftOut++ == 0)
            {
                kind.Event = eventId;
                kind.Timer ??= pace.Time.CreateTimer(_ => Tell(kind), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                kind.Timer.Change(Second, Timeout.InfiniteTimeSpan);
            }

            return false;
        }
    }

    private void Tell(Kind kind)
    {
        long leftOut;
        LogLevel level;
        EventId eventId;
        lock (_gate)
        {
            (leftOut, level, eventId) = (kind.LeftOut, kind.Level, kind.Event);
            kind.LeftOut = 0;
            kind.Written = 0;
            kind.Since = pace.Time.GetTimestamp();
        }

        inner.Log(level, eventId, leftOut, null, static (count, _) => $"{count} more lines of this kind were left out (log.repeats-max)");
    }

    /// <summary>Lines of one event.</summary>
    private sealed class Kind
    {
        public long Since { get; set; }

        public int Written { get; set; }

        public long LeftOut { get; set; }

        public LogLevel Level { get; set; }

        public EventId Event { get; set; }

        public ITimer? Timer { get; set; }
    }
}
