namespace Nexo.Engine;

/// <summary>
/// The engine's clock: the wall clock as it was at the start, moved on by the monotonic one, so a jump of the wall
/// clock changes nothing. What it is behind the wall clock is kept over a restart.
/// </summary>
public sealed class EngineClock(TimeProvider time)
{
    private readonly long _startTimestamp = time.GetTimestamp();
    private long _wallOffsetMs;
    private long _startMs = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Unix milliseconds on the engine's clock.</summary>
    public long NowMs => _startMs + (time.GetElapsedTime(_startTimestamp).Ticks / TimeSpan.TicksPerMillisecond);

    /// <summary>
    /// What the wall clock is ahead of the engine's, ms. Both are rounded, so a difference of one is none: a moment that is told twice
    /// is the same.
    /// </summary>
    /// <param name="nowMs">What <see cref="NowMs"/> said a moment ago.</param>
    public long WallOffsetAt(long nowMs)
    {
        long told = Volatile.Read(ref _wallOffsetMs);
        if (Math.Abs(WallMs - nowMs - told) <= 1)
        {
            return told;
        }

        // The clock was set; or it was more than a moment ago.
        ClockRecord both = Read();
        long offset = both.WallMs - both.EngineMs;
        if (Math.Abs(offset - told) <= 1)
        {
            return told;
        }

        Volatile.Write(ref _wallOffsetMs, offset);
        return offset;
    }

    /// <summary>Both clocks at one moment: not with the time between them that a busy machine gave to others.</summary>
    internal ClockRecord Read()
    {
        const int TriesMax = 100;
        for (int tries = 1; ; tries++)
        {
            long before = NowMs;
            long wall = WallMs;
            if (NowMs - before <= 1 || tries == TriesMax)
            {
                return new ClockRecord(before, wall);
            }
        }
    }

    /// <summary>What the wall clock says; people and clients mean this one by a moment.</summary>
    public long WallMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Goes on as the clocks stood to each other in an earlier run, but not before the last moment that was seen in it.
    /// </summary>
    internal void Continue(ClockRecord last, long seenMs)
    {
        ClockRecord both = Read();
        long now = Math.Max(seenMs, both.WallMs - (last.WallMs - last.EngineMs));
        _startMs += now - both.EngineMs;
    }
}
