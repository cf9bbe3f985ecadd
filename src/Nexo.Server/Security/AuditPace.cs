namespace Nexo.Server.Security;

/// <summary>How many lines of a kind are written: a bucket of tokens that refills by time. Thread-safe.</summary>
internal sealed class AuditPace(int perSecond, int burst, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _filledAt = time.GetTimestamp();
    private double _tokens = burst;
    private long _untold;

    /// <summary>Whether a line may be written; <paramref name="untold"/> were not since the last one.</summary>
    public bool TryTake(out long untold)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond));
            _filledAt = now;
            untold = 0;
            if (_tokens < 1)
            {
                _untold++;
                return false;
            }

            _tokens--;
            (untold, _untold) = (_untold, 0);
            return true;
        }
    }
}
