using System.Diagnostics;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench;

/// <summary>One thread that drives many connections: waits for readiness, reads once, parses, sends the next batch.</summary>
internal sealed class BenchWorker : IDisposable
{
    private const int ReceiveBytesMax = 256 * 1_024;
    private const int WaitMsMax = 50;

    private readonly ReadinessQueue _ready = new();
    private readonly BenchConnection[] _connections;
    private readonly IReplyReader _replies;
    private readonly long _silenceMax;
    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(ReceiveBytesMax, pinned: true);
    private readonly BenchTally _tally = new();
    private FastRandom _mixing;
    private long _unsentRequests;
    private int _inFlight;
    private long _heardAt;
    private bool _measuring;
    private volatile bool _stopped;

    /// <param name="sockets">Connected, past HELLO, not blocking.</param>
    /// <param name="silenceMax">How long all connections together may wait for a reply.</param>
    public BenchWorker(
        IReadOnlyList<BenchLink> sockets,
        uint firstCorrelation,
        IReplyReader replies,
        int batchMax,
        TimeSpan silenceMax)
    {
        _replies = replies;
        _silenceMax = (long)silenceMax.TotalNanoseconds;
        _connections = [.. sockets.Select((link, id) =>
            new BenchConnection(id, link, firstCorrelation, _ready, batchMax))];
    }

    public BenchTally Tally => _tally;

    public int Connections => _connections.Length;

    /// <summary>Ends the phase soon, from any thread; what was counted stays.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Runs a phase on a thread of its own; the task fails with what went wrong.</summary>
    public Task StartAsync(BenchPhase phase)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Run(phase);
                done.SetResult();
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        })
        { IsBackground = true, Name = "bench worker" };
        thread.Start();
        return done.Task;
    }

    public void Dispose()
    {
        foreach (BenchConnection connection in _connections)
        {
            connection.Dispose();
        }

        _ready.Dispose();
    }

    private void Run(BenchPhase phase)
    {
        _mixing = new FastRandom(phase.Seed);
        _unsentRequests = phase.RequestsMax;
        _measuring = false;
        foreach (BenchConnection connection in _connections)
        {
            connection.BeginPhase();
            if (phase.Pace is null)
            {
                SendNext(connection, phase);
            }
        }

        while (!_stopped && (_inFlight > 0 || phase.Pace is not null))
        {
            long now = Stopwatch.GetTimestamp();
            if (now >= phase.MeasureUntil)
            {
                RecordUnanswered(phase);
                return;
            }

            RequireSound(now);
            if (phase.Pace is not null)
            {
                SendDue(phase, phase.Pace, now);
            }

            HandleEvents(phase);
        }
    }

    private void HandleEvents(BenchPhase phase)
    {
        int count = _ready.Wait(WaitMsMax);
        for (int i = 0; i < count; i++)
        {
            int id = _ready.Event(i, out bool onlyWritable);
            if (id == ReadinessQueue.TimerId)
            {
                continue;
            }

            if (onlyWritable)
            {
                _connections[id].SendRest();
            }
            else
            {
                Receive(_connections[id], phase);
            }
        }
    }

    private void Receive(BenchConnection connection, BenchPhase phase)
    {
        ReadOnlySpan<byte> bytes = connection.Receive(_received);
        if (bytes.IsEmpty)
        {
            return;
        }

        // One look at the clock for all replies of this read: they became known together.
        long now = Stopwatch.GetTimestamp();
        _heardAt = now;
        if (!_measuring && now >= phase.MeasureFrom)
        {
            _measuring = true;
            _tally.BeginWindow();
        }

        int before = connection.Answered;
        int parsed = _replies.Read(bytes, connection, _tally);
        ReadOnlySpan<byte> rest = bytes[parsed..];
        connection.KeepPartial(rest, rest.IsEmpty ? 0 : _replies.SizeOf(rest));
        int answered = connection.Answered - before;
        if (answered == 0)
        {
            return;
        }

        _inFlight -= answered;
        _tally.BytesReceived += parsed;
        _tally.Record(now - connection.StartedAt, answered);
        if (connection.IsIdle && (phase.Pace is null || connection.Begun < connection.Released))
        {
            SendNext(connection, phase);
        }
    }

    private void SendDue(BenchPhase phase, Pace pace, long now)
    {
        while (pace.TryRelease(now, out int id))
        {
            BenchConnection connection = _connections[id];
            connection.Released++;
            if (connection.IsIdle)
            {
                SendNext(connection, phase);
            }
        }

        _ready.WakeAt(pace.NextAt);
    }

    private void SendNext(BenchConnection connection, BenchPhase phase)
    {
        int count = (int)Math.Min(phase.Depth, _unsentRequests);
        if (count == 0)
        {
            return;
        }

        Span<uint> plan = connection.Plan.AsSpan(0, count);
        phase.Keys.Fill(plan);
        phase.Mix.Mark(plan, ref _mixing);
        long now = Stopwatch.GetTimestamp();
        if (_inFlight == 0)
        {
            _heardAt = now;
        }

        _unsentRequests -= count;
        _inFlight += count;
        _tally.BytesSent += connection.Send(
            count, phase.Encoder, phase.Pace?.DueAt(connection.Begun, connection.Id) ?? now);
    }

    // The open loop owes an account of every request that was due: those without an answer count with their age.
    private void RecordUnanswered(BenchPhase phase)
    {
        if (phase.Pace is not { } pace)
        {
            return;
        }

        foreach (BenchConnection connection in _connections)
        {
            if (!connection.IsIdle)
            {
                _tally.RecordUnanswered(
                    phase.MeasureUntil - connection.StartedAt, connection.Count - connection.Answered);
            }

            for (long batch = connection.Begun; batch < connection.Released; batch++)
            {
                _tally.RecordUnanswered(phase.MeasureUntil - pace.DueAt(batch, connection.Id), phase.Depth);
            }
        }
    }

    private void RequireSound(long now)
    {
        if (_inFlight > 0 && now - _heardAt > _silenceMax)
        {
            throw new CliFailure(
                ExitCode.CannotConnect,
                "deadline",
                $"No reply came for {DurationText.Format(TimeSpan.FromMicroseconds(_silenceMax / 1e3))}.",
                "is the server overloaded or stopped? --timeout sets how long to wait")
            { Retryable = true };
        }
    }
}
