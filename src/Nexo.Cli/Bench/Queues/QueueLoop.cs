using System.Diagnostics;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench.Queues;

/// <summary>One thread that drives all publishers and consumers: waits for readiness, reads once, answers.</summary>
internal sealed class QueueLoop : IDisposable
{
    private const int ReceiveBytesMax = 256 * 1_024;
    private const int WaitMsMax = 50;

    private readonly ReadinessQueue _ready = new();
    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(ReceiveBytesMax, pinned: true);
    private readonly QueuePublisher[] _publishers;
    private readonly QueueConsumer[] _consumers;
    private readonly int _prefetch;
    private readonly long _silenceMax;
    private bool _isConsuming;
    private volatile bool _stopped;

    /// <param name="settings">What is to be done.</param>
    /// <param name="queues">Names, all of one length.</param>
    /// <param name="sockets">Connected, past HELLO, not blocking: the publishers' first.</param>
    /// <param name="frameBytesMax">The largest frame that the server sends.</param>
    public QueueLoop(
        QueueBenchSettings settings, IReadOnlyList<byte[]> queues, IReadOnlyList<BenchLink> sockets, int frameBytesMax)
    {
        _prefetch = settings.Prefetch;
        _silenceMax = (long)settings.ReplyTimeout.TotalNanoseconds;
        byte[] body = MessageHead.Body(settings.Size);
        var encoder = new PushEncoder(queues, body, settings.Batch, settings.RequestsInFlight);
        var deliveries = new DeliveryReader(Traffic, body, settings.Verify);
        var acks = new AckEncoder();
        _publishers = [.. Enumerable.Range(0, settings.Publishers).Select(id => new QueuePublisher(
            id, sockets[id], _ready, Traffic, encoder, settings.RequestsInFlight, frameBytesMax))];
        _consumers = [.. Enumerable.Range(0, settings.Consumers).Select(index =>
        {
            int id = settings.Publishers + index;
            return new QueueConsumer(
                id, sockets[id], _ready, Traffic, deliveries, acks, QueuesOf(index, settings, queues), frameBytesMax);
        })];
    }

    public QueueTraffic Traffic { get; } = new();

    /// <summary>Ends the phase soon, from any thread; what was counted stays.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Runs a phase on a thread of its own; the task fails with what went wrong.</summary>
    public Task<QueuePhaseResult> StartAsync(QueuePhase phase)
    {
        var done = new TaskCompletionSource<QueuePhaseResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                done.SetResult(Run(phase));
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        })
        { IsBackground = true, Name = "bench queue" };
        thread.Start();
        return done.Task;
    }

    public void Dispose()
    {
        Array.ForEach(_publishers, publisher => publisher.Dispose());
        Array.ForEach(_consumers, consumer => consumer.Dispose());
        _ready.Dispose();
    }

    private QueuePhaseResult Run(QueuePhase phase)
    {
        long startedAt = Stopwatch.GetTimestamp();
        long until = startedAt + Nanoseconds(phase.Publishing);
        Pace? pace = phase.PushesPerSecond > 0 ? new Pace(startedAt, phase.PushesPerSecond, _publishers.Length) : null;
        var progress = new PhaseProgress(Traffic, phase.Consumes, startedAt);
        if (!_stopped)
        {
            Begin(phase, startedAt, until, pace);
        }

        while (!_stopped)
        {
            long now = Stopwatch.GetTimestamp();
            if (!progress.HasPublished && !Traffic.IsPushing(now))
            {
                EndPublishing(now, pace);
                progress.EndPublishing(now);
            }

            if (progress.HasPublished && IsDone(phase.Consumes))
            {
                break;
            }

            if (now - Traffic.HeardAt > _silenceMax && IsSilent(phase.Consumes))
            {
                break;
            }

            HandleEvents(pace, now);
        }

        return progress.Result(Stopwatch.GetTimestamp(), IsDone(phase.Consumes));
    }

    private void Begin(QueuePhase phase, long startedAt, long until, Pace? pace)
    {
        Traffic.Begin(startedAt, until, phase.PushesMax);
        if (phase.Consumes && !_isConsuming)
        {
            Array.ForEach(_consumers, consumer => consumer.Open(_prefetch));
            _isConsuming = true;
        }

        foreach (QueuePublisher publisher in _publishers)
        {
            publisher.Begin(pace);
            publisher.Refill(startedAt);
        }

        _ready.WakeAt(pace?.NextAt ?? (until > startedAt ? until : 0));
    }

    private void EndPublishing(long now, Pace? pace)
    {
        Traffic.EndPublishing(measuresOn: pace is not null);
        _ready.WakeAt(0);
        Array.ForEach(_publishers, publisher => publisher.RecordUnsent(now));
    }

    private void HandleEvents(Pace? pace, long now)
    {
        if (pace is not null && Traffic.IsPushing(now))
        {
            while (pace.TryRelease(now, out int id))
            {
                _publishers[id].Release();
                _publishers[id].Refill(now);
            }

            _ready.WakeAt(pace.NextAt);
        }

        int count = _ready.Wait(WaitMsMax);
        for (int i = 0; i < count; i++)
        {
            int id = _ready.Event(i, out bool onlyWritable);
            if (id == ReadinessQueue.TimerId)
            {
                continue;
            }

            QueuePublisher? publisher = id < _publishers.Length ? _publishers[id] : null;
            QueueConnection connection = publisher ?? (QueueConnection)_consumers[id - _publishers.Length];
            if (onlyWritable)
            {
                connection.SendRest();
                publisher?.Refill(Stopwatch.GetTimestamp());
            }
            else
            {
                connection.ReceiveOnce(_received);
            }
        }
    }

    private bool IsDone(bool consumes) => Traffic.PushesInFlight == 0
        && (!consumes || (Traffic.AcksInFlight == 0 && Traffic.Ledger.IsSettled));

    // Nothing was heard for long. Messages that do not come are lost; answers that do not come mean a server that hangs.
    private bool IsSilent(bool consumes)
    {
        if (Traffic.PushesInFlight > 0 || Traffic.AcksInFlight > 0)
        {
            throw new CliFailure(
                ExitCode.CannotConnect,
                "deadline",
                $"No answer came for {DurationText.Format(TimeSpan.FromMicroseconds(_silenceMax / 1e3))}.",
                "is the server overloaded or stopped? --timeout sets how long to wait")
            { Retryable = true };
        }

        return consumes && !Traffic.Ledger.IsSettled;
    }

    // With fewer queues than consumers each takes from one of them, else each from its share of the queues.
    private static List<byte[]> QueuesOf(int consumer, QueueBenchSettings settings, IReadOnlyList<byte[]> queues) =>
        settings.Consumers >= queues.Count
            ? [queues[consumer % queues.Count]]
            : [.. queues.Where((_, index) => index % settings.Consumers == consumer)];

    private static long Nanoseconds(TimeSpan duration) => duration.Ticks * TimeSpan.NanosecondsPerTick;
}
