using Nexo.Engine.Topics;

namespace Nexo.Server.Topics;

/// <summary>What rates are made of.</summary>
internal readonly record struct TopicSums(long Published, long Delivered, long Dropped)
{
    public static TopicSums Of(TopicStats stats) => new(stats.Published, stats.Delivered, stats.Dropped);
}

/// <summary>Averages per second over the last ten seconds or so, from sums that are noted once a second. Thread-safe.</summary>
/// <param name="startMs">When the sums began, with nothing.</param>
internal sealed class TopicRates(long startMs)
{
    private const int Seconds = 10;
    private const long SecondMs = 1_000;

    private readonly Lock _gate = new();
    private readonly (long AtMs, TopicSums Sums)[] _marks = Begin(startMs);
    private long _count = 1;

    /// <summary>Notes how the sums stand, if a second has passed since the last time.</summary>
    public void Note(long nowMs, Func<TopicSums> read)
    {
        lock (_gate)
        {
            if (nowMs - _marks[(_count - 1) % _marks.Length].AtMs < SecondMs)
            {
                return;
            }

            _marks[_count++ % _marks.Length] = (nowMs, read());
        }
    }

    public (double Published, double Delivered, double Dropped) Read(long nowMs, in TopicSums now)
    {
        lock (_gate)
        {
            (long atMs, TopicSums then) = _marks[Math.Max(0, _count - _marks.Length) % _marks.Length];
            double seconds = Math.Max(SecondMs, nowMs - atMs) / (double)SecondMs;
            return (
                (now.Published - then.Published) / seconds,
                (now.Delivered - then.Delivered) / seconds,
                (now.Dropped - then.Dropped) / seconds);
        }
    }

    private static (long AtMs, TopicSums Sums)[] Begin(long startMs)
    {
        var marks = new (long AtMs, TopicSums Sums)[Seconds + 1];
        marks[0].AtMs = startMs;
        return marks;
    }
}
