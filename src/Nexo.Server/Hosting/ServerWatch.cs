using Microsoft.Extensions.Hosting;
using Nexo.Server.Brokers;
using Nexo.Server.Observability;
using Nexo.Server.Tls;
using Nexo.Storage;

namespace Nexo.Server.Hosting;

/// <summary>
/// Looks, once a second, at what happens to a server from outside: its clock is set, its certificate ends. Tells in INFO how it is, and
/// of the machine that it runs on.
/// </summary>
internal sealed class ServerWatch : IHostedService, IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly BrokerSet _brokers;
    private readonly ReloadService _reload;
    private readonly ClockWatch _clock;
    private readonly TimeProvider _time;
    private readonly TlsIdentities? _identities;
    private readonly CertificateWatch? _certificate;
    private ITimer? _timer;
    private int _isLooking;

    public ServerWatch(
        BrokerSet brokers,
        ReloadService reload,
        ClockWatch clock,
        FactBoard facts,
        TimeProvider time,
        TlsIdentities? identities = null,
        CertificateWatch? certificate = null)
    {
        _brokers = brokers;
        _reload = reload;
        _clock = clock;
        _time = time;
        _identities = identities;
        _certificate = certificate;
        facts.Add(Facts);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = _time.CreateTimer(static state => ((ServerWatch)state!).Look(), this, TimeSpan.Zero, LookInterval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) == 0)
        {
            _clock.Look();
            _certificate?.Look();
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private IEnumerable<KeyValuePair<string, string>> Facts()
    {
        yield return FactBoard.Number("server.now_ms", _time.GetUtcNow().ToUnixTimeMilliseconds());
        yield return new("server.namespaces", string.Join(",", _brokers.All.Select(broker => broker.Name)));
        yield return FactBoard.Number("server.memory_available_bytes", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        ClockJumps jumps = _clock.Jumps;
        yield return FactBoard.Number("clock.jumps", jumps.Count);
        yield return FactBoard.Number("clock.last_jump_ms", (long)jumps.Last.TotalMilliseconds);
        yield return FactBoard.Number("clock.last_jump_at_ms", jumps.LastAt?.ToUnixTimeMilliseconds() ?? 0);
        yield return FactBoard.Number("reload.applied", _reload.Applied);
        yield return FactBoard.Number("reload.refused", _reload.Refused);
        yield return new("reload.problem", _reload.Problem);
        if (_identities is not null)
        {
            yield return new("tls.certificate", _identities.Current.Subject);
            yield return FactBoard.Number("tls.certificate_ends_at_ms", _identities.Current.NotAfter.ToUnixTimeMilliseconds());
        }

        if (_brokers.Default.Persistence.Directory is { } directory && directory.Disk is RealDisk disk)
        {
            yield return FactBoard.Number("disk.free_bytes", disk.FreeBytes);
            yield return FactBoard.Number("disk.size_bytes", disk.SizeBytes);
        }
    }
}
