using System.Diagnostics;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench.Topics;

/// <summary>
/// One thread that drives all publishers and subscribers of a work: waits for readiness, reads once, publishes what the
/// window or the pace lets. Flow control is from end to end: the slowest receiver counts.
/// </summary>
internal sealed class TopicLoad : IDisposable
{
    private const int ReceiveBytesMax = 256 * 1_024;
    private const int WaitMsMax = 50;
    private const int RefillParts = 4;

    private readonly TopicWork _work;
    private readonly ReadinessQueue _ready = new();
    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(ReceiveBytesMax, pinned: true);
    private readonly TopicPublisher[] _publishers;
    private readonly TopicConnection[] _subscribers;
    private readonly long _silenceMax;
    private TopicPublisher[] _active;
    private long _left;
    private int _turn;
    private volatile bool _stopped;

    /// <summary>Connects all of them; nothing is subscribed yet.</summary>
    /// <param name="connect">Opens a connection that has been greeted and does not block.</param>
    /// <param name="silenceMax">What has not come in this time does not come any more.</param>
    public TopicLoad(TopicWork work, TopicDialect dialect, Func<BenchLink> connect, TimeSpan silenceMax)
    {
        _work = work;
        _silenceMax = (long)silenceMax.TotalNanoseconds;
        Tally = new TopicTally(work.BodyBytes, work.Streams);
        byte[] body = MessageHead.Body(work.BodyBytes);
        _publishers = new TopicPublisher[work.Publishers.Count];
        _subscribers = new TopicConnection[work.Subscribers.Count];
        int stream = 0;
        for (int i = 0; i < _publishers.Length; i++)
        {
            PublishTemplate[] templates =
                [.. work.Publishers[i].Select(topic => dialect.Publish(topic, body, work.ConfirmWindow > 0))];
            TopicConfirms? confirms =
                work.ConfirmWindow > 0 ? new TopicConfirms(Tally, work.ConfirmWindow, work.Receivers) : null;
            _publishers[i] = new TopicPublisher(
                i, connect(), _ready, Tally, dialect.NewSession(), templates, stream, confirms);
            stream += templates.Length;
        }

        _active = _publishers;
        for (int i = 0; i < _subscribers.Length; i++)
        {
            _subscribers[i] = new TopicConnection(
                _publishers.Length + i, connect(), _ready, Tally, dialect.NewSession());
        }
    }

    public TopicTally Tally { get; }

    /// <summary>Ends what runs soon, from any thread; what was counted stays.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Subscribes all, and waits until the server has answered.</summary>
    public void Subscribe()
    {
        Tally.HeardAt = Stopwatch.GetTimestamp();
        for (int i = 0; i < _subscribers.Length; i++)
        {
            _subscribers[i].Subscribe(_work.Subscribers[i]);
        }

        while (!_stopped && Tally.AnswersAwaited > 0)
        {
            if (IsSilent(Stopwatch.GetTimestamp()))
            {
                throw new CliFailure(ExitCode.CannotConnect, "deadline", "The server does not answer to subscribing.");
            }

            HandleEvents(WaitMsMax);
        }
    }

    /// <summary>Runs a phase to its last delivery, on a thread of its own; the task fails with what went wrong.</summary>
    public Task<TopicPhaseResult> StartAsync(TopicPhase phase)
    {
        var done = new TaskCompletionSource<TopicPhaseResult>(TaskCreationOptions.RunContinuationsAsynchronously);
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
        { IsBackground = true, Name = "bench pubsub" };
        thread.Start();
        return done.Task;
    }

    /// <summary>Runs a phase to its last delivery.</summary>
    public TopicPhaseResult Run(TopicPhase phase)
    {
        var before = TopicCounts.Of(Tally);
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        long startedAt = Stopwatch.GetTimestamp();
        Begin(phase, startedAt);
        Pace? pace = phase.Rate > 0 ? new Pace(startedAt, phase.Rate, _active.Length) : null;
        long until = startedAt + (long)phase.Duration.TotalNanoseconds;
        long now = startedAt;
        while (!_stopped && now < until && _left > 0)
        {
            if (pace is null)
            {
                Refill(phase, now);
            }
            else
            {
                Release(pace, phase, now);
            }

            _ready.WakeAt(pace?.NextAt ?? until);
            HandleEvents(CanSendMore(phase) ? 0 : WaitMsMax);
            now = Stopwatch.GetTimestamp();
        }

        long publishedUntil = now;
        _ready.WakeAt(0);
        while (!_stopped && !IsSettled())
        {
            if (IsSilent(Stopwatch.GetTimestamp()))
            {
                RequireAnswers();
                break;
            }

            HandleEvents(WaitMsMax);
        }

        TopicCounts counts = TopicCounts.Of(Tally) - before;
        return new TopicPhaseResult
        {
            Counts = counts,
            Missing = _stopped ? 0 : CountMissing(),
            Publishing = Stopwatch.GetElapsedTime(startedAt, publishedUntil),
            Elapsed = Stopwatch.GetElapsedTime(startedAt, Math.Max(Tally.DeliveredAt, publishedUntil)),
            Latency = Tally.Latency,
            ConfirmLatency = Tally.ConfirmLatency,
            ClientCpu = Environment.CpuUsage.TotalTime - cpuBefore,
        };
    }

    public void Dispose()
    {
        Array.ForEach(_publishers, publisher => publisher.Dispose());
        Array.ForEach(_subscribers, subscriber => subscriber.Dispose());
        _ready.Dispose();
    }

    private void Begin(TopicPhase phase, long now)
    {
        Tally.Latency.Reset();
        Tally.ConfirmLatency.Reset();
        Tally.HeardAt = now;
        _left = phase.MessagesMax;
        _active = phase.Publishers is { } some ? _publishers[some] : _publishers;
        _turn = 0;
        for (int i = 0; i < _active.Length; i++)
        {
            _active[i].BeginPace(i);
        }
    }

    // Round the publishers in turn until the window is full, once a good part of it is free: what leaves together costs
    // less. A publisher whose socket is full, or that waits for confirms, is left out.
    private void Refill(TopicPhase phase, long now)
    {
        long room = Math.Min(_left, phase.Window == 0 ? _left : phase.Window - Behind());
        if (room < Math.Min(_left, phase.Window / RefillParts))
        {
            return;
        }

        for (int tries = 0; tries < _active.Length && room > 0; tries++)
        {
            TopicPublisher publisher = _active[_turn];
            _turn = (_turn + 1) % _active.Length;
            if (!publisher.HasUnsent)
            {
                int sent = Publish(publisher, (int)Math.Min(room, phase.BatchMax), now, null);
                room -= sent;
                tries = sent > 0 && phase.Window > 0 ? -1 : tries;
            }
        }
    }

    private void Release(Pace pace, TopicPhase phase, long now)
    {
        while (_left > 0 && pace.TryRelease(now, out int id))
        {
            _active[id].Released++;
            _left--;
        }

        foreach (TopicPublisher publisher in _active)
        {
            int sent = 1;
            while (sent > 0 && !publisher.HasUnsent && publisher.Sent < publisher.Released)
            {
                sent = Publish(publisher, (int)Math.Min(publisher.Released - publisher.Sent, phase.BatchMax), now, pace);
            }
        }
    }

    private int Publish(TopicPublisher publisher, int count, long now, Pace? pace)
    {
        int sent = publisher.Publish(count, now, pace);
        Tally.Expected += (long)sent * _work.Receivers;
        _left -= pace is null ? sent : 0;
        return sent;
    }

    /// <summary>How many messages the slowest receiver is behind.</summary>
    private long Behind()
    {
        if (_work.Receivers < _subscribers.Length)
        {
            return Tally.InFlight / _work.Receivers;
        }

        long slowest = long.MaxValue;
        foreach (TopicConnection subscriber in _subscribers)
        {
            slowest = Math.Min(slowest, subscriber.Inbox.Progress);
        }

        return (Tally.Expected / _work.Receivers) - slowest;
    }

    private bool CanSendMore(TopicPhase phase) =>
        phase is { Window: 0, Rate: 0 } && _active.Any(publisher => publisher.CanSend);

    private bool IsSettled() => Tally.Unconfirmed == 0
        && (Tally.InFlight <= 0 || Behind() <= 0)
        && !_publishers.Any(publisher => publisher.HasUnsent);

    private void RequireAnswers()
    {
        if (Tally.Unconfirmed > 0)
        {
            throw new CliFailure(
                ExitCode.CannotConnect,
                "deadline",
                $"{Tally.Unconfirmed} messages were not confirmed in time.",
                "is the server overloaded or stopped? --timeout sets how long to wait")
            { Retryable = true };
        }
    }

    private void HandleEvents(int waitMs)
    {
        int count = _ready.Wait(waitMs);
        for (int i = 0; i < count; i++)
        {
            int id = _ready.Event(i, out bool onlyWritable);
            if (id == ReadinessQueue.TimerId)
            {
                continue;
            }

            TopicConnection connection = id < _publishers.Length ? _publishers[id] : _subscribers[id - _publishers.Length];
            if (onlyWritable)
            {
                connection.SendRest();
            }
            else
            {
                connection.ReceiveOnce(_received);
            }
        }
    }

    private bool IsSilent(long now) => now - Tally.HeardAt > _silenceMax;

    // Exactly what was published must have come, to exactly those who subscribed to it.
    private long CountMissing()
    {
        long missing = 0;
        for (int subscriber = 0; subscriber < _subscribers.Length; subscriber++)
        {
            TopicInbox inbox = _subscribers[subscriber].Inbox;
            for (int stream = 0; stream < Tally.Published.Length; stream++)
            {
                uint expected = _work.Receives(subscriber, stream) ? Tally.Published[stream] : 0;
                missing += Math.Abs((long)expected - inbox.NextOf(stream));
            }
        }

        return missing;
    }
}
