using System.Text;
using Nexo.Engine.Queues;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>The queues over a clock that is moved by hand, and their commands over strings.</summary>
internal sealed class ModelHarness : IDisposable
{
    /// <summary>A tick looks after a few queues only; after so many it has been at each of them.</summary>
    private const int TicksForAllQueues = 4;

    public ModelHarness(QueueLimits limits, ManualTime time, ILogWriter? log = null)
    {
        Limits = limits;
        Time = time;
        Clock = new EngineClock(time);
        Queues = new QueueService(limits, Clock, log);
    }

    public QueueLimits Limits { get; }

    public ManualTime Time { get; }

    public EngineClock Clock { get; }

    public QueueService Queues { get; }

    /// <summary>What wall-clock moments are ahead of the engine's.</summary>
    public long WallAheadMs => Clock.WallMs - Clock.NowMs;

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public void TickUntilIdle()
    {
        int ticks = 0;
        while (Queues.TickSteps() > 0 || ++ticks < TicksForAllQueues)
        {
        }
    }

    public QueueStats Stats(string name)
    {
        Assert.Equal(QueueStatus.Ok, Queues.Stats(Bytes(name), out QueueStats? stats));
        return stats!;
    }

    /// <summary>All messages of a part, in pages of a size.</summary>
    public List<Kept> Peek(string name, QueuePart part, int page = 100)
    {
        List<Kept> all = [];
        bool more = true;
        ulong after = 0;
        while (more)
        {
            var sink = new KeptList(page);
            ulong before = after;
            Assert.Equal(QueueStatus.Ok, Queues.Peek(Bytes(name), part, before, page, ref sink, out after, out more));
            Assert.True(after > before || !more, "a page that goes nowhere and is not the last");
            all.AddRange(sink.Items);
        }

        return all;
    }

    public List<Kept> DeadList(string name, QueueDeadFilter filter, int page = 100)
    {
        List<Kept> all = [];
        bool more = true;
        ulong after = 0;
        while (more)
        {
            var sink = new KeptList(page);
            Assert.Equal(
                QueueStatus.Ok, Queues.DeadList(Bytes(name), filter, after, page, ref sink, out ulong last, out more));
            Assert.True(last > after || !more, "a page that goes nowhere");
            all.AddRange(sink.Items);
            after = last;
        }

        return all;
    }

    public List<(string Name, QueueSummary Summary)> List(string prefix = "", int page = 100)
    {
        List<(string, QueueSummary)> all = [];
        while (true)
        {
            byte[] after = all.Count == 0 ? [] : Bytes(all[^1].Item1);
            IReadOnlyList<QueueSummary> some = Queues.List(Bytes(prefix), after, page);
            all.AddRange(some.Select(summary => (summary.Name, summary)));
            if (some.Count < page)
            {
                return all;
            }
        }
    }

    public void Dispose()
    {
        Queues.Check();
        Queues.Dispose();
    }
}
