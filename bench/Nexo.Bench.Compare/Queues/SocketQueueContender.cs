using System.Diagnostics;

namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// A queue that is driven over plain sockets: a thread for each connection, which sends and receives as much at once as
/// there is. So little is done per message that the server is the limit.
/// </summary>
internal sealed class SocketQueueContender(
    string name,
    Durability confirmed,
    Func<int, string, IReadOnlyList<string>> commandLine,
    Func<PeerConnection, string, QueueLink> open) : PeerQueueContender(name, confirmed, commandLine)
{
    protected override Task DeclareAsync(int port, string queue, QueueWork work, CancellationToken cancel) =>
        OnThreadAsync(port, queue, link => link.Declare(work));

    protected override async Task<long> PublishAsync(
        int port, string queue, QueueWork work, long until, CancellationToken cancel)
    {
        long confirmed = 0;
        await OnThreadAsync(port, queue, link => confirmed = Publish(link, work, until, cancel));
        return confirmed;
    }

    protected override Task ConsumeAsync(
        int port, string queue, QueueWork work, ConsumerRun run, CancellationToken cancel) =>
        OnThreadAsync(port, queue, link => Consume(link, work, run, cancel));

    protected override async Task<long> DepthAsync(int port, string queue, CancellationToken cancel)
    {
        long depth = 0;
        await OnThreadAsync(port, queue, link => depth = link.ReadDepth());
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
                link.ReadConfirm();
                pending--;
                confirmed++;
            }
            while (pending > 0 && link.HasMore);
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

    private Task OnThreadAsync(int port, string queue, Action<QueueLink> work) => Task.Factory.StartNew(
        () =>
        {
            using QueueLink link = open(new PeerConnection(port), queue);
            work(link);
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);
}
