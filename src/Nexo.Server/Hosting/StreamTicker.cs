using Nexo.Engine.Streams;
using Nexo.Server.Data;

namespace Nexo.Server.Hosting;

/// <summary>Gives the streams their moments for what is due: retention, and files that nobody uses.</summary>
internal sealed class StreamTicker : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly StreamService _streams;
    private readonly Persistence _persistence;
    private readonly ITimer _timer;
    private int _isTicking;

    public StreamTicker(StreamService streams, Persistence persistence, TimeProvider time)
    {
        _streams = streams;
        _persistence = persistence;
        _timer = time.CreateTimer(static state => ((StreamTicker)state!).Tick(), this, Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        // What is due is logged too: when the disk is behind it waits.
        if (_persistence is { IsOn: true, Log: null } or { IsLogCrowded: true })
        {
            return;
        }

        // A tick that takes longer than the interval is not joined by a second one.
        if (Interlocked.Exchange(ref _isTicking, 1) == 0)
        {
            _streams.Tick();
            Volatile.Write(ref _isTicking, 0);
        }
    }
}
