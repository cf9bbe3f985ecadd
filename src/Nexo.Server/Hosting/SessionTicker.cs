using Nexo.Engine.Sessions;
using Nexo.Server.Data;

namespace Nexo.Server.Hosting;

/// <summary>Ends the sessions of MQTT that nobody has come back for.</summary>
internal sealed class SessionTicker : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly SessionService _sessions;
    private readonly Persistence _persistence;
    private readonly ITimer _timer;
    private int _isTicking;

    public SessionTicker(SessionService sessions, Persistence persistence, TimeProvider time)
    {
        _sessions = sessions;
        _persistence = persistence;
        _timer = time.CreateTimer(static state => ((SessionTicker)state!).Tick(), this, Interval, Interval);
    }

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
            _sessions.Tick(_persistence.IsLogCrowded);
            Volatile.Write(ref _isTicking, 0);
        }
    }
}
