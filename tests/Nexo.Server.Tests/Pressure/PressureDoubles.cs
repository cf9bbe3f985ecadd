using Microsoft.Extensions.Logging;
using Nexo.Server.Pressure;

namespace Nexo.Server.Tests.Pressure;

/// <summary>Memory that is as much as a test says.</summary>
internal sealed class MemoryDouble : IMachineMemory
{
    private long _resident;

    public long Total { get; init; } = 1_000_000;

    public long Resident
    {
        get => Interlocked.Read(ref _resident);
        set => Interlocked.Exchange(ref _resident, value);
    }
}

/// <summary>A disk that has as much as a test says.</summary>
internal sealed class DiskDouble : IMachineDisk
{
    private long _free = 1_000_000;
    private long _taken;

    public long Total { get; set; } = 1_000_000;

    public long Free
    {
        get => Interlocked.Read(ref _free);
        set => Interlocked.Exchange(ref _free, value);
    }

    public long Taken
    {
        get => Interlocked.Read(ref _taken);
        set => Interlocked.Exchange(ref _taken, value);
    }

    public int Measured { get; private set; }

    public long Measure()
    {
        Measured++;
        return Taken;
    }
}

/// <summary>Keeps the lines of a log.</summary>
internal sealed class LineLog<T> : ILogger<T>
{
    public List<(LogLevel Level, string Line)> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add((logLevel, formatter(state, exception)));
}
