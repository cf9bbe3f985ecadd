using Microsoft.Extensions.Logging;

namespace Nexo.Server.Brokers;

/// <summary>Has each line of the log that a broker writes begin with its namespace.</summary>
internal sealed class NamespaceLogs(ILoggerFactory logs, string name) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Named(logs.CreateLogger(categoryName), name);

    public void AddProvider(ILoggerProvider provider) => logs.AddProvider(provider);

    /// <summary>The lines go on: they are the server's.</summary>
    public void Dispose()
    {
    }

    private sealed class Named(ILogger log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => log.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => log.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Log(logLevel, eventId, state, exception, (one, failure) => $"[{name}] {formatter(one, failure)}");
    }
}
