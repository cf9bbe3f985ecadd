using Nexo.Engine.Store;

namespace Nexo.Server.Hosting;

/// <summary>Gives the store its slices of time for expiry and for freeing what was deleted.</summary>
internal sealed class StoreTicker : IDisposable
{
    // Expired entries are invisible at once; this is only how soon their memory comes back and watchers hear of them.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly StoreService _store;
    private readonly ITimer _timer;
    private int _isTicking;

    public StoreTicker(StoreService store, TimeProvider time)
    {
        _store = store;
        _timer = time.CreateTimer(static state => ((StoreTicker)state!).Tick(), this, Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        // A tick that takes longer than the interval is not joined by a second one.
        if (Interlocked.Exchange(ref _isTicking, 1) == 0)
        {
            _store.Tick();
            Volatile.Write(ref _isTicking, 0);
        }
    }
}
