using Microsoft.Extensions.Logging;

namespace Nexo.Server.Hosting;

/// <summary>The least severe level that is written, which may change while the server runs.</summary>
internal sealed class LogLevelSwitch(LogLevel first) : ILiveSettings
{
    private volatile LogLevel _level = first;

    /// <summary>Whether a line of <paramref name="category"/> is written.</summary>
    public bool Allows(string? category, LogLevel level)
    {
        // The host repeats a failed start with its stack, and Kestrel tells of every connection that a peer broke off.
        if (category is not null && category.StartsWith("Microsoft", StringComparison.Ordinal))
        {
            return !category.StartsWith("Microsoft.Extensions.Hosting", StringComparison.Ordinal)
                && level >= (LogLevel)Math.Max((int)_level, (int)LogLevel.Warning);
        }

        return level >= _level;
    }

    public void Apply(NexoServerOptions next) => _level = next.Log.Level;
}
