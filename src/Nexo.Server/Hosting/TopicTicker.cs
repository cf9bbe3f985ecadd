using Nexo.Engine;
using Nexo.Engine.Topics;
using Nexo.Server.Data;
using Nexo.Server.Topics;

namespace Nexo.Server.Hosting;

/// <summary>Gives the topics their slices of time for what is due: retained messages whose life has ended, wills.</summary>
internal sealed class TopicTicker : IDisposable
{
    // How late a will comes at most, when there is time.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly TopicService _topics;
    private readonly Persistence _persistence;
    private readonly EngineClock _clock;
    private readonly ITimer _timer;
    private int _isTicking;

    public TopicTicker(TopicService topics, Persistence persistence, EngineClock clock, TimeProvider time)
    {
        _topics = topics;
        _persistence = persistence;
        _clock = clock;
        Rates = new TopicRates(clock.NowMs);
        _timer = time.CreateTimer(static state => ((TopicTicker)state!).Tick(), this, Interval, Interval);
    }

    public TopicRates Rates { get; }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        if (_persistence is { IsOn: true, Log: null })
        {
            return;
        }

        // A tick that takes longer than the interval is not joined by a second one.
        if (Interlocked.Exchange(ref _isTicking, 1) == 0)
        {
            // What expires is logged: when the disk is behind it waits, or memory would grow without end. Wills do not.
            _topics.Tick(_persistence.IsLogCrowded);
            Rates.Note(_clock.NowMs, () => TopicSums.Of(_topics.Stats));
            Volatile.Write(ref _isTicking, 0);
        }
    }
}
