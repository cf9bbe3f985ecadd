using Microsoft.Extensions.Logging;

namespace Nexo.Server;

/// <summary>How a line of the log is written.</summary>
public enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object a line, for collectors.</summary>
    Json,
}

/// <summary>What is logged, and how.</summary>
public sealed record LogOptions
{
    public LogFormat Format { get; init; } = LogFormat.Text;

    /// <summary>The least severe level that is written.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>Lines of one kind in a second; more are counted, and their number is said. 0: no limit.</summary>
    public int RepeatsMax { get; init; } = 20;
}
