namespace Nexo.Engine.Queues;

/// <summary>
/// Rates over the last ten seconds: what had been counted when each of them began. Nothing is done while nothing happens.
/// </summary>
internal struct QueueRates
{
    private const int Seconds = 10;
    private const long SecondMs = 1_000;

    private Mark[]? _marks;
    private long _second;

    /// <summary>To be called before something is counted, or shown.</summary>
    public void Count(long nowMs, in QueueCounters counters)
    {
        long second = nowMs / SecondMs;
        if (second != _second)
        {
            Begin(second, counters);
        }
    }

    /// <summary>Averages per second. <see cref="Count"/> has been called.</summary>
    public readonly (double Pushed, double Delivered, double Acked) Read(long nowMs, in QueueCounters counters)
    {
        if (_marks is null)
        {
            return default;
        }

        Mark oldest = _marks[(_second + 1) % Seconds];
        double seconds = Seconds - 1 + ((nowMs % SecondMs) / (double)SecondMs);
        return (
            (counters.Pushed - oldest.Pushed) / seconds,
            (counters.Delivered - oldest.Delivered) / seconds,
            (counters.Acked - oldest.Acked) / seconds);
    }

    private void Begin(long second, in QueueCounters counters)
    {
        var mark = new Mark(counters.Pushed, counters.Delivered, counters.Acked);
        if (_marks is null)
        {
            _marks = new Mark[Seconds];
            Array.Fill(_marks, mark);
        }

        long passed = Math.Clamp(second - _second, 1, Seconds);
        for (long at = second - passed + 1; at <= second; at++)
        {
            _marks[at % Seconds] = mark;
        }

        _second = second;
    }

    private readonly record struct Mark(long Pushed, long Delivered, long Acked);
}
