using System.Text;
using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <content>Figures of all queues, for who asks again and again.</content>
public sealed partial class QueueService
{
    // Where queues are closed all the time, figures that are off by one of them are better than none.
    private const int SurveyTriesMax = 8;

    /// <summary>Looks at every queue once, a few of them under one hold of a lock.</summary>
    /// <param name="namedMax">How many are told one by one.</param>
    public QueueSurvey Survey(int namedMax)
    {
        uint lastNamed = SurveyBounds.LastNamed(_names.All.Select(queue => queue.Number), namedMax);
        var sums = new QueueSurveySums(lastNamed);
        foreach (QueueShard shard in _shards)
        {
            var part = new QueueSurveySums(lastNamed);
            for (int tries = 1; !shard.AddTo(part) && tries < SurveyTriesMax; tries++)
            {
                part = new QueueSurveySums(lastNamed);
            }

            sums.Add(part);
        }

        sums.Named.Sort((left, right) => left.Queue.Number.CompareTo(right.Queue.Number));
        QueueTotals totals = sums.Gone;
        totals.Add(sums.Rest);
        foreach ((Queue _, QueueTotals named) in sums.Named)
        {
            totals.Add(named);
        }

        return new QueueSurvey
        {
            Totals = totals.ToStats(),
            Named = [.. sums.Named.Select(named => (Encoding.UTF8.GetString(named.Queue.Name), named.Totals.ToStats()))],
            Rest = sums.Rest.ToStats(),
            RestCount = sums.RestCount,
        };
    }

    /// <summary>Of deliveries, how long the messages had been ready, ms.</summary>
    public HistogramSum WaitTimes() => Sum(shard => shard.Waits);

    /// <summary>Of acks, how long the messages had been leased, ms.</summary>
    public HistogramSum WorkTimes() => Sum(shard => shard.Works);

    private HistogramSum Sum(Func<QueueShard, Histogram> histogram)
    {
        var sum = new HistogramSum();
        foreach (QueueShard shard in _shards)
        {
            sum.Add(histogram(shard));
        }

        return sum;
    }
}

/// <summary>What a survey has found so far.</summary>
internal sealed class QueueSurveySums(uint lastNamed)
{
    public QueueTotals Rest;
    public QueueTotals Gone;

    public int RestCount { get; private set; }

    public List<(Queue Queue, QueueTotals Totals)> Named { get; } = [];

    /// <summary>Adds what was found in a shard.</summary>
    public void Add(QueueSurveySums part)
    {
        Rest.Add(part.Rest);
        Gone.Add(part.Gone);
        RestCount += part.RestCount;
        Named.AddRange(part.Named);
    }

    /// <summary>Under the lock of the queue's shard.</summary>
    public void Add(Queue queue)
    {
        if (queue.Closed)
        {
            return;
        }

        if (queue.Number > lastNamed)
        {
            queue.AddTo(ref Rest);
            RestCount++;
            return;
        }

        var totals = default(QueueTotals);
        queue.AddTo(ref totals);
        Named.Add((queue, totals));
    }
}
