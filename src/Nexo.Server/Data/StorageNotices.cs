using Microsoft.Extensions.Logging;
using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>What the storage tells goes to the log; how far a recovery is, there too, now and then.</summary>
internal sealed partial class StorageNotices(ILogger logger, TimeProvider time, CancellationToken stop)
    : IStorageObserver
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(2);

    private long _toldAt = time.GetTimestamp();
    private int _percent;

    /// <summary>What the recovery does now.</summary>
    public string Phase { get; set; } = "opening the data directory";

    /// <summary>What the recovery does now, and how far it is with it.</summary>
    public string Recovering => $"recovering: {Phase}, {Volatile.Read(ref _percent)} %";

    public void Notice(StorageLevel level, string message)
    {
        switch (level)
        {
            case StorageLevel.Information: LogInformation(message); break;
            case StorageLevel.Warning: LogWarning(message); break;
            default: LogError(message); break;
        }
    }

    /// <exception cref="OperationCanceledException">The server was stopped: that ends the recovery.</exception>
    public void Progress(long bytesDone, long bytesTotal, long records)
    {
        ThrowIfStopped();
        Volatile.Write(ref _percent, bytesTotal > 0 ? (int)(100 * bytesDone / bytesTotal) : 0);
        if (time.GetElapsedTime(_toldAt) >= ProgressEvery)
        {
            _toldAt = time.GetTimestamp();
            LogProgress(Phase, _percent, bytesDone, bytesTotal, records);
        }
    }

    public void ThrowIfStopped() => stop.ThrowIfCancellationRequested();

    [LoggerMessage(10, LogLevel.Information, "{Message}")]
    private partial void LogInformation(string message);

    [LoggerMessage(11, LogLevel.Warning, "{Message}")]
    private partial void LogWarning(string message);

    [LoggerMessage(12, LogLevel.Error, "{Message}")]
    private partial void LogError(string message);

    [LoggerMessage(13, LogLevel.Information, "recovering: {Phase}, {Percent} %, {Done} of {Total} bytes, {Records} records")]
    private partial void LogProgress(string phase, int percent, long done, long total, long records);
}
