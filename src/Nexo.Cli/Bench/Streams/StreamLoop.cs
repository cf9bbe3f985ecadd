using System.Diagnostics;
using HdrHistogram;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench.Streams;

/// <summary>One thread that drives all producers and readers: waits for readiness, reads once, answers.</summary>
internal sealed class StreamLoop : IDisposable
{
    private const int ReceiveBytesMax = 256 * 1_024;
    private const int WaitMsMax = 50;

    private readonly ReadinessQueue _ready = new();
    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(ReceiveBytesMax, pinned: true);
    private readonly StreamProducer[] _producers;
    private readonly StreamFollower[] _followers;
    private readonly long _silenceMax;
    private bool _isReading;
    private volatile bool _stopped;

    /// <param name="settings">What is to be done.</param>
    /// <param name="streams">Names, all of one length.</param>
    /// <param name="sockets">Connected, past HELLO, not blocking: the producers' first.</param>
    /// <param name="frameBytesMax">The largest frame that the server sends.</param>
    public StreamLoop(
        StreamBenchSettings settings, IReadOnlyList<byte[]> streams, IReadOnlyList<BenchLink> sockets, int frameBytesMax)
    {
        _silenceMax = (long)settings.ReplyTimeout.TotalNanoseconds;
        byte[] value = MessageHead.Body(settings.Size);
        var encoder = new AppendEncoder(streams, value, settings.Batch, settings.RequestsInFlight);
        int[] readersOf = new int[settings.Streams];
        IReadOnlyList<int>[] shares = [.. Enumerable.Range(0, settings.Readers).Select(settings.StreamsOf)];
        foreach (int stream in shares.SelectMany(share => share))
        {
            readersOf[stream]++;
        }

        Traffic = new StreamTraffic(readersOf);
        _producers = [.. Enumerable.Range(0, settings.Producers).Select(id => new StreamProducer(
            id, sockets[id], _ready, Traffic, encoder, settings.RequestsInFlight, frameBytesMax))];
        _followers = [.. shares.Select((share, index) =>
        {
            int id = settings.Producers + index;
            return new StreamFollower(id, sockets[id], _ready, Traffic, streams, share, value, frameBytesMax);
        })];
    }

    public StreamTraffic Traffic { get; }

    /// <summary>Ends the phase soon, from any thread; what was counted stays.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Runs a phase on a thread of its own; the task fails with what went wrong.</summary>
    public Task<StreamPhaseResult> StartAsync(StreamPhase phase)
    {
        var done = new TaskCompletionSource<StreamPhaseResult>(TaskCreationOptions.RunContinuationsAsynchronously);
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
        { IsBackground = true, Name = "bench stream" };
        thread.Start();
        return done.Task;
    }

    public void Dispose()
    {
        Array.ForEach(_producers, producer => producer.Dispose());
        Array.ForEach(_followers, follower => follower.Dispose());
        _ready.Dispose();
    }

    private StreamPhaseResult Run(StreamPhase phase)
    {
        long startedAt = Stopwatch.GetTimestamp();
        long until = startedAt + (phase.Appending.Ticks * TimeSpan.NanosecondsPerTick);
        Pace? pace = phase.AppendsPerSecond > 0 ? new Pace(startedAt, phase.AppendsPerSecond, _producers.Length) : null;
        long confirmedBefore = Traffic.Confirmed;
        long readBefore = Traffic.Read;
        long? appendedAt = null;
        long readMeanwhile = 0;
        if (!_stopped)
        {
            Begin(phase, startedAt, until, pace);
        }

        while (!_stopped)
        {
            long now = Stopwatch.GetTimestamp();
            if (appendedAt is null && !Traffic.IsAppending(now))
            {
                EndAppending(now);
                appendedAt = now;
                readMeanwhile = Traffic.Read - readBefore;
            }

            if ((appendedAt is not null && IsDone(phase.Reads)) || IsSilent(now, phase.Reads))
            {
                break;
            }

            HandleEvents(pace, now);
        }

        long endedAt = Stopwatch.GetTimestamp();
        bool both = phase.Reads && phase.Appending > TimeSpan.Zero;
        long records = phase.Reads ? Traffic.Read - readBefore : Traffic.Confirmed - confirmedBefore;
        return new StreamPhaseResult
        {
            Records = both && appendedAt is not null ? readMeanwhile : records,
            Measured = TimeSpan.FromTicks(
                ((both ? appendedAt ?? endedAt : endedAt) - startedAt) / TimeSpan.NanosecondsPerTick),
            RecordsInAll = records,
            ConfirmLatency = (LongHistogram)Traffic.ConfirmLatency.Copy(),
            DeliveryLatency = (LongHistogram)Traffic.DeliveryLatency.Copy(),
            IsComplete = IsDone(phase.Reads),
        };
    }

    private void Begin(StreamPhase phase, long startedAt, long until, Pace? pace)
    {
        Traffic.Begin(startedAt, until);
        if (phase.Reads && !_isReading)
        {
            Array.ForEach(_followers, follower => follower.Open());
            _isReading = true;
        }

        foreach (StreamProducer producer in _producers)
        {
            producer.Begin(pace);
            producer.Refill(startedAt);
        }

        _ready.WakeAt(pace?.NextAt ?? (until > startedAt ? until : 0));
    }

    private void EndAppending(long now)
    {
        Traffic.EndAppending();
        _ready.WakeAt(0);
        Array.ForEach(_producers, producer => producer.RecordUnsent(now));
    }

    private void HandleEvents(Pace? pace, long now)
    {
        if (pace is not null && Traffic.IsAppending(now))
        {
            while (pace.TryRelease(now, out int id))
            {
                _producers[id].Release();
            }

            // All that is due goes in one send.
            Array.ForEach(_producers, producer => producer.Refill(now));
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

            StreamProducer? producer = id < _producers.Length ? _producers[id] : null;
            StreamConnection connection = producer ?? (StreamConnection)_followers[id - _producers.Length];
            if (onlyWritable)
            {
                connection.SendRest();
                producer?.Refill(Stopwatch.GetTimestamp());
            }
            else
            {
                connection.ReceiveOnce(_received);
            }
        }
    }

    private bool IsDone(bool reads) => Traffic.AppendsInFlight == 0 && (!reads || Traffic.Read >= Traffic.ToRead);

    // Nothing was heard for long. Records that do not come are lost; answers that do not come mean a server that hangs.
    private bool IsSilent(long now, bool reads)
    {
        if (now - Traffic.HeardAt <= _silenceMax)
        {
            return false;
        }

        if (Traffic.AppendsInFlight > 0)
        {
            throw new CliFailure(
                ExitCode.CannotConnect,
                "deadline",
                $"No answer came for {DurationText.Format(TimeSpan.FromMicroseconds(_silenceMax / 1e3))}.",
                "is the server overloaded or stopped? --timeout sets how long to wait")
            { Retryable = true };
        }

        return reads && Traffic.Read < Traffic.ToRead;
    }
}
