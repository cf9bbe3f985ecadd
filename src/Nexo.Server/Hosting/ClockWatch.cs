using Microsoft.Extensions.Logging;

namespace Nexo.Server.Hosting;

/// <summary>
/// Notices when the machine's wall clock is set, or jumps since the machine slept: it goes on by another distance than the monotonic
/// one. Looked at by one caller at a time.
/// </summary>
internal sealed partial class ClockWatch(TimeProvider time, ILogger<ClockWatch> log)
{
    /// <summary>What is less is drift, or a busy machine between two reads.</summary>
    public static readonly TimeSpan JumpMin = TimeSpan.FromSeconds(1);

    private readonly long _startedAt = time.GetTimestamp();
    private readonly Lock _gate = new();
    private DateTimeOffset _startWall = time.GetUtcNow();
    private ClockJumps _jumps = new(0, TimeSpan.Zero, null);

    /// <summary>What has been seen so far.</summary>
    public ClockJumps Jumps => Volatile.Read(ref _jumps);

    public void Look()
    {
        lock (_gate)
        {
            (DateTimeOffset now, TimeSpan elapsed) = Read();
            TimeSpan jump = now - _startWall - elapsed;
            if (jump.Duration() < JumpMin)
            {
                return;
            }

            // From here on it is measured by the clock as it is now.
            _startWall += jump;
            Volatile.Write(ref _jumps, new ClockJumps(Jumps.Count + 1, jump, now));
            LogJump(jump > TimeSpan.Zero ? "ahead" : "back", Math.Round(jump.Duration().TotalSeconds, 1));
        }
    }

    // Both clocks at one moment: not with the time between them that a busy machine gave to others.
    private (DateTimeOffset Wall, TimeSpan Elapsed) Read()
    {
        const int TriesMax = 100;
        for (int tries = 1; ; tries++)
        {
            TimeSpan before = time.GetElapsedTime(_startedAt);
            DateTimeOffset wall = time.GetUtcNow();
            if (time.GetElapsedTime(_startedAt) - before < JumpMin / 2 || tries == TriesMax)
            {
                return (wall, before);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning,
        "the wall clock was set {Direction} by {Seconds} s: leases, delays and lives go on as they were, schedules go by the new time")]
    private partial void LogJump(string direction, double seconds);
}

/// <summary>How often the wall clock was set.</summary>
/// <param name="Last">By how much at the last time; negative: back.</param>
/// <param name="LastAt">When that was noticed; null: it was not.</param>
internal sealed record ClockJumps(long Count, TimeSpan Last, DateTimeOffset? LastAt);
