using Nexo.Engine.Queues;
using Nexo.Server.Data;

namespace Nexo.Server.Hosting;

/// <summary>Gives the queues their slices of time for what is due: delays and leases that are over, lives that have ended.</summary>
internal sealed class QueueTicker : IDisposable
{
    // How late a delayed message comes at most, when there is time.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly QueueService _queues;
    private readonly Persistence _persistence;
    private readonly ITimer _timer;
    private int _isTicking;

    public QueueTicker(QueueService queues, Persistence persistence, TimeProvider time)
    {
        _queues = queues;
        _persistence = persistence;
        _timer = time.CreateTimer(static state => ((QueueTicker)state!).Tick(), this, Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        // What is due is logged too: when the disk is behind it waits, or memory would grow without end.
        if (_persistence is { IsOn: true, Log: null } or { IsLogCrowded: true })
        {
            return;
        }

        // A tick that takes longer than the interval is not joined by a second one.
        if (Interlocked.Exchange(ref _isTicking, 1) == 0)
        {
            _queues.Tick();
            Volatile.Write(ref _isTicking, 0);
        }
    }
}
