namespace Nexo.Server.Data;

/// <summary>Keeps work on many bytes at a rate: says how long to pause when it is ahead.</summary>
/// <param name="bytesPerSecondMax">The rate; 0: as fast as it goes.</param>
/// <param name="time">The clock, from now on.</param>
internal sealed class Pace(long bytesPerSecondMax, TimeProvider time)
{
    // A shorter pause is not worth its wake-up; nobody asks for a longer one.
    private const int PauseMsMin = 5;
    private const double PauseMsMax = 24 * 3_600 * 1_000;

    private readonly long _started = time.GetTimestamp();

    /// <summary>Zero while the work is not ahead.</summary>
    public TimeSpan PauseAfter(long bytes)
    {
        if (bytesPerSecondMax == 0)
        {
            return TimeSpan.Zero;
        }

        double aheadMs = (bytes * 1_000.0 / bytesPerSecondMax) - time.GetElapsedTime(_started).TotalMilliseconds;
        return aheadMs < PauseMsMin ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(PauseMsMax, aheadMs));
    }
}
