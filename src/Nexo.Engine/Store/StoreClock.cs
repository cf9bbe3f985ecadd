namespace Nexo.Engine.Store;

/// <summary>
/// The wall clock as it was at the start, moved on by the monotonic one: a jump of the wall clock changes nothing.
/// </summary>
internal sealed class StoreClock(TimeProvider time)
{
    private readonly long _startMs = time.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly long _startTimestamp = time.GetTimestamp();

    public long NowMs => _startMs + (time.GetElapsedTime(_startTimestamp).Ticks / TimeSpan.TicksPerMillisecond);
}
