using System.Diagnostics;

namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// Drives one queue of somebody else's server over plain sockets: a thread for each connection, which sends and receives
/// as much at once as there is. So little is done per message that the server is the limit.
/// </summary>
internal sealed class QueueDriver(int port, string queue, Func<PeerConnection, string, QueueLink> open)
{
    private static readonly TimeSpan PacedWait = TimeSpan.FromMicroseconds(200);

    public Task DeclareAsync(QueueWork work) => OnThreadAsync(link => link.Declare(work));

    /// <summary>Publishes until <paramref name="until"/>, and waits for what is not confirmed by then.</summary>
    /// <returns>How many messages were confirmed: all that were sent.</returns>
    public async Task<long> PublishAsync(QueueWork work, long until, CancellationToken cancel)
    {
        long confirmed = 0;
        await OnThreadAsync(link => confirmed = Publish(link, work, until, cancel));
        return confirmed;
    }

    /// <summary>The same in an open loop: so many messages a second, which carry the moment at which they were due.</summary>
    public async Task<long> PublishAsync(QueueWork work, double perSecond, long until, CancellationToken cancel)
    {
        long confirmed = 0;
        await OnThreadAsync(link => confirmed = PublishPaced(link, work, perSecond, until, cancel));
        return confirmed;
    }

    /// <summary>All consumers, until the run is done.</summary>
    public Task ConsumeAsync(QueueWork work, ConsumerRun run, CancellationToken cancel) => Task.WhenAll(
        Enumerable.Range(0, work.Consumers).Select(_ => OnThreadAsync(link => Consume(link, work, run, cancel))));

    /// <summary>How many messages the server still has.</summary>
    public async Task<long> DepthAsync()
    {
        long depth = 0;
        await OnThreadAsync(link => depth = link.ReadDepth());
        return depth;
    }

    private static long Publish(QueueLink link, QueueWork work, long until, CancellationToken cancel)
    {
        byte[] body = LatencyRecorder.NewBody(work.BodyBytes);
        link.BeginPublishing();
        long confirmed = 0;
        int pending = 0;
        while (true)
        {
            if (Stopwatch.GetTimestamp() < until && !cancel.IsCancellationRequested)
            {
                for (; pending < work.Window; pending++)
                {
                    LatencyRecorder.Stamp(body);
                    link.WriteMessage(body);
                }

                link.Flush();
            }
            else if (pending == 0)
            {
                return confirmed;
            }

            do
            {
                int confirms = link.ReadConfirms();
                pending -= confirms;
                confirmed += confirms;
            }
            while (pending > 0 && link.HasMore);
        }
    }

    private static long PublishPaced(QueueLink link, QueueWork work, double perSecond, long until, CancellationToken cancel)
    {
        byte[] body = LatencyRecorder.NewBody(work.BodyBytes);
        double interval = Stopwatch.Frequency / perSecond;
        link.BeginPublishing();
        link.Flush();
        long start = Stopwatch.GetTimestamp();
        long sent = 0;
        long confirmed = 0;
        while (true)
        {
            long now = Stopwatch.GetTimestamp();
            if (now < until && !cancel.IsCancellationRequested)
            {
                for (; start + (long)(sent * interval) <= now && sent - confirmed < work.Window; sent++)
                {
                    LatencyRecorder.Stamp(body, start + (long)(sent * interval));
                    link.WriteMessage(body);
                }

                link.Flush();
            }
            else if (sent == confirmed)
            {
                return confirmed;
            }

            if (link.WaitForInput(PacedWait))
            {
                do
                {
                    confirmed += link.ReadConfirms();
                }
                while (sent > confirmed && link.HasMore);
            }
        }
    }

    private static void Consume(QueueLink link, QueueWork work, ConsumerRun run, CancellationToken cancel)
    {
        var recorder = new LatencyRecorder(run.MeasuredUntil);
        link.BeginConsuming(work.Prefetch);
        while (!run.Done && !cancel.IsCancellationRequested)
        {
            run.AddAcked(link.Take(work.Prefetch, recorder));
        }

        run.AddLatency(recorder.Latency);
    }

    private Task OnThreadAsync(Action<QueueLink> work) => Task.Factory.StartNew(
        () =>
        {
            using QueueLink link = open(new PeerConnection(port), queue);
            work(link);
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);
}
