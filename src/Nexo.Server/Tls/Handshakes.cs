using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Nexo.Server.Connections;

namespace Nexo.Server.Tls;

/// <summary>
/// All connections that are not served yet, so that half-open ones cost a bounded amount: as many as <c>connections.max</c> may be
/// silent, <see cref="PlacesMax"/> may have begun a handshake, which has some 20 KiB, and few are computed at once. One that is slow
/// is cut after <c>connections.hello-timeout</c>; while others wait for its place, after a second.
/// </summary>
[SuppressMessage("Usage", "CA2213", Justification = "Connections that end after the server give their places back.")]
internal sealed class Handshakes : IDisposable
{
    public const int PlacesMax = 1_024;

    private const int SweepIntervalMs = 100;
    private const int PatienceWhenFullMs = 1_000;

    private readonly Lock _gate = new();
    private readonly HashSet<Handshake> _pending = [];
    private readonly SemaphoreSlim _places = new(PlacesMax);
    private readonly SemaphoreSlim _slots = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly ClientConnections _clients;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private readonly long _startedAt;
    private readonly CancellationTokenRegistration _stopping;
    private long _succeeded;
    private long _failed;
    private long _cut;
    private int _queued;
    private bool _isStopping;

    public Handshakes(ClientConnections clients, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        _stopping = lifetime.ApplicationStopping.Register(Stop);
        _clients = clients;
        _time = time;
        _startedAt = time.GetTimestamp();
        _sweep = time.CreateTimer(
            static state => ((Handshakes)state!).Sweep(),
            this,
            TimeSpan.FromMilliseconds(SweepIntervalMs),
            TimeSpan.FromMilliseconds(SweepIntervalMs));
    }

    /// <summary>Handshakes that have ended well.</summary>
    public long Succeeded => Interlocked.Read(ref _succeeded);

    /// <summary>Those that have not.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Those of them that were too slow, or one too many.</summary>
    public long TimedOut => Interlocked.Read(ref _cut);

    /// <summary>Connections that are not served yet.</summary>
    public int Pending
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>The clock of the handshakes.</summary>
    public long NowMs => (long)_time.GetElapsedTime(_startedAt).TotalMilliseconds;

    /// <summary>Takes in a connection of which nothing is known; null: it is one too many.</summary>
    public Handshake? TryEnter(ConnectionContext connection)
    {
        var entered = new Handshake(connection, NowMs);
        lock (_gate)
        {
            if (!_isStopping && _pending.Count < _clients.ConnectionsMax)
            {
                _pending.Add(entered);
                return entered;
            }
        }

        Interlocked.Increment(ref _cut);
        return null;
    }

    /// <summary>The handshake is about to begin: waits for a place, and for the processor.</summary>
    public async ValueTask<HandshakeTurn> BeginAsync(Handshake handshake)
    {
        handshake.Await(peer: false, NowMs);
        Interlocked.Increment(ref _queued);
        try
        {
            await _places.WaitAsync();
            handshake.HasPlace = true;
        }
        finally
        {
            Interlocked.Decrement(ref _queued);
        }

        var turn = new HandshakeTurn(this, handshake, _slots);
        await turn.EnterAsync();
        return turn;
    }

    /// <summary>It is served now, or has ended.</summary>
    public void Leave(Handshake handshake)
    {
        lock (_gate)
        {
            if (!_pending.Remove(handshake))
            {
                return;
            }
        }

        if (handshake.HasPlace)
        {
            handshake.HasPlace = false;
            _places.Release();
        }
    }

    public void CountSucceeded() => Interlocked.Increment(ref _succeeded);

    public void CountFailed() => Interlocked.Increment(ref _failed);

    public void Dispose()
    {
        _sweep.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Called several times a second.</summary>
    internal void Sweep()
    {
        List<Handshake> slow = [];
        lock (_gate)
        {
            if (_pending.Count == 0)
            {
                return;
            }

            long now = NowMs;
            int patienceMs = _clients.Options.HelloTimeoutMs;
            int whenFullMs = Volatile.Read(ref _queued) > 0 ? Math.Min(patienceMs, PatienceWhenFullMs) : patienceMs;
            foreach (Handshake one in _pending)
            {
                if (!one.IsCut && one.WaitedMs(now) > (one.HasPlace ? whenFullMs : patienceMs))
                {
                    slow.Add(one);
                }
            }
        }

        foreach (Handshake one in slow)
        {
            Interlocked.Increment(ref _cut);
            one.Cut();
        }
    }

    // Who is not served yet has nothing to lose, and would hold up the stop.
    private void Stop()
    {
        Handshake[] all;
        lock (_gate)
        {
            _isStopping = true;
            all = [.. _pending];
        }

        Array.ForEach(all, one => one.Cut());
    }
}
