namespace Nexo.Client;

/// <summary>The end of something that takes several calls.</summary>
internal readonly struct Deadline(TimeSpan timeout, TimeProvider time)
{
    private static readonly TimeSpan LeftMin = TimeSpan.FromMilliseconds(1);

    private readonly long _started = time.GetTimestamp();

    public TimeSpan Timeout => timeout;

    /// <summary>What is left of it; never nothing, so that it can be a timeout.</summary>
    public TimeSpan Left
    {
        get
        {
            if (timeout == System.Threading.Timeout.InfiniteTimeSpan)
            {
                return timeout;
            }

            TimeSpan left = timeout - time.GetElapsedTime(_started);
            return left > LeftMin ? left : LeftMin;
        }
    }

    public bool IsOver => timeout != System.Threading.Timeout.InfiniteTimeSpan && time.GetElapsedTime(_started) >= timeout;
}
