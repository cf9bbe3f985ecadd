using System.Runtime.InteropServices;

namespace Nexo.Engine.Topics;

/// <summary>Sums that many threads add to: each to a line of its own, most of the time.</summary>
internal sealed class TopicCounters
{
    private const int LineBytes = 128;

    private readonly Line[] _lines = new Line[16];

    public long Published => Sum(static line => line.Published);

    public long PublishedBytes => Sum(static line => line.PublishedBytes);

    public long Delivered => Sum(static line => line.Delivered);

    public long Dropped => Sum(static line => line.Dropped);

    public long Refused => Sum(static line => line.Refused);

    public long Unheard => Sum(static line => line.Unheard);

    public void AddPublished(long messages, long bytes)
    {
        ref Line line = ref Mine();
        Interlocked.Add(ref line.Published, messages);
        Interlocked.Add(ref line.PublishedBytes, bytes);
    }

    public void AddDelivered(long delivered, long dropped)
    {
        ref Line line = ref Mine();
        Interlocked.Add(ref line.Delivered, delivered);
        if (dropped != 0)
        {
            Interlocked.Add(ref line.Dropped, dropped);
        }
    }

    public void CountRefused() => Interlocked.Increment(ref Mine().Refused);

    public void CountUnheard() => Interlocked.Increment(ref Mine().Unheard);

    private ref Line Mine() => ref _lines[Environment.CurrentManagedThreadId & (_lines.Length - 1)];

    private long Sum(Func<Line, long> read)
    {
        long sum = 0;
        foreach (Line line in _lines)
        {
            sum += read(line);
        }

        return sum;
    }

    [StructLayout(LayoutKind.Sequential, Size = LineBytes)]
    private struct Line
    {
        public long Published;
        public long PublishedBytes;
        public long Delivered;
        public long Dropped;
        public long Refused;
        public long Unheard;
    }
}
