using Nexo.Engine.Store;
using Nexo.Server.Data;

namespace Nexo.Server.Hosting;

/// <summary>Gives the store its slices of time for expiry and for freeing what was deleted.</summary>
internal sealed class StoreTicker : IDisposable
{
    // Expired entries are invisible at once; this is only how soon their memory comes back and watchers hear of them.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly StoreService _store;
    private readonly Persistence _persistence;
    private readonly ITimer _timer;
    private int _isTicking;

    public StoreTicker(StoreService store, Persistence persistence, TimeProvider time)
    {
        _store = store;
        _persistence = persistence;
        _timer = time.CreateTimer(static state => ((StoreTicker)state!).Tick(), this, Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        // What expires is logged too: when the disk is behind it waits, invisible as it is.
        if (_persistence.IsLogCrowded)
        {
            return;
        }

        // A tick that takes longer than the interval is not joined by a second one.
        if (Interlocked.Exchange(ref _isTicking, 1) == 0)
        {
            _store.Tick();
            Volatile.Write(ref _isTicking, 0);
        }
    }
}
