namespace Nexo.Server.Data;

/// <summary>
/// Whether one who takes a backup takes it fast enough: it holds back the log, so it may not last for ever. Only the time
/// that is spent waiting for the client counts. For one caller at a time.
/// </summary>
internal sealed class BackupPace
{
    /// <summary>Below this, on average over <see cref="Window"/> of waiting, it is too slow.</summary>
    public const long BytesPerSecondMin = 64 * 1_024;

    /// <summary>So much waiting is looked at together.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private TimeSpan _waited;
    private long _bytes;

    /// <summary>How long may be waited until it is to be looked at again.</summary>
    public TimeSpan Left => Window - _waited;

    /// <summary>The client has taken so many bytes.</summary>
    public void OnTaken(int bytes) => _bytes += bytes;

    /// <summary>It was waited for the client; false: it is too slow.</summary>
    public bool OnWaited(TimeSpan time)
    {
        _waited += time;
        if (_waited < Window)
        {
            return true;
        }

        bool isFast = _bytes >= BytesPerSecondMin * _waited.TotalSeconds;
        _waited = TimeSpan.Zero;
        _bytes = 0;
        return isFast;
    }
}
