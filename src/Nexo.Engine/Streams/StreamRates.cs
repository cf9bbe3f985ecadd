namespace Nexo.Engine.Streams;

/// <summary>
/// Rates over the last ten seconds: what had been counted when each of them began. Nothing is done while nothing happens.
/// </summary>
internal struct StreamRates
{
    private const int Seconds = 10;
    private const long SecondMs = 1_000;

    private Mark[]? _marks;
    private long _second;

    /// <summary>To be called before something is counted, or shown.</summary>
    public void Count(long nowMs, long appended, long read)
    {
        long second = nowMs / SecondMs;
        if (second == _second)
        {
            return;
        }

        var mark = new Mark(appended, read);
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

    /// <summary>Averages per second. <see cref="Count"/> has been called.</summary>
    public readonly (double Appended, double Read) Read(long nowMs, long appended, long read)
    {
        if (_marks is null)
        {
            return default;
        }

        Mark oldest = _marks[(_second + 1) % Seconds];
        double seconds = Seconds - 1 + ((nowMs % SecondMs) / (double)SecondMs);
        return ((appended - oldest.Appended) / seconds, (read - oldest.Read) / seconds);
    }

    private readonly record struct Mark(long Appended, long Read);
}
