using Nexo.Server.Hosting;

namespace Nexo.Server.Tls;

/// <summary>
/// The certificate that handshakes begin with. When the files change it is read anew; handshakes that have begun, and connections, keep
/// the one that they had.
/// </summary>
internal sealed class TlsIdentities(TlsOptions options, TlsIdentity first, TimeProvider time) : IReloadable, ILiveSettings
{
    private volatile TlsIdentity _current = first;
    private TlsOptions _options = options;

    // What was read to be checked, and is to be put into force.
    private (TlsOptions Options, TlsIdentity Identity)? _next;

    public TlsIdentity Current => _current;

    public string Name => "TLS certificate";

    public IReadOnlyList<string> Files =>
        [.. new[] { _options.Certificate, _options.Key, _options.ClientAuthorities }.OfType<string>()];

    public ReloadOutcome Reload()
    {
        if (TlsFiles.TryLoad(_options, time.GetUtcNow(), out string problem) is not { } read)
        {
            return ReloadOutcome.Refused(problem);
        }

        _current = read;
        return ReloadOutcome.Applied($"{read.Subject}, until {read.NotAfter:yyyy-MM-dd HH:mm:ss'Z'}");
    }

    public string? Refuse(NexoServerOptions next)
    {
        _next = null;
        if (next.Tls == _options)
        {
            return null;
        }

        if (!next.Tls.IsOn)
        {
            return "tls.certificate is gone, and a running server does not turn TLS off; only a restart does";
        }

        TlsIdentity? read = TlsFiles.TryLoad(next.Tls, time.GetUtcNow(), out string problem);
        _next = read is null ? null : (next.Tls, read);
        return read is null ? problem : null;
    }

    public void Apply(NexoServerOptions next)
    {
        if (_next is { } read)
        {
            (_options, _current, _next) = (read.Options, read.Identity, null);
        }
    }
}
