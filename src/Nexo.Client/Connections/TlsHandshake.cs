using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nexo.Client;

/// <summary>Puts TLS over a socket, and says what is wrong when it cannot.</summary>
internal sealed class TlsHandshake(NexoTlsOptions options, string host)
{
    private string? _objection;

    /// <exception cref="AuthenticationException">It could not; the message tells why.</exception>
    public async Task<SslStream> RunAsync(Socket socket, CancellationToken cancel)
    {
        SslClientAuthenticationOptions how = NewOptions();
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
        try
        {
            await tls.AuthenticateAsClientAsync(how, cancel).ConfigureAwait(false);
            return tls;
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw failure is AuthenticationException or IOException
                ? new AuthenticationException(Explain(failure), failure)
                : failure;
        }
    }

    [SuppressMessage(
        "Security", "CA5398", Justification = "Neither older ones that the system would allow, nor newer ones that were not tried.")]
    private SslClientAuthenticationOptions NewOptions() => new()
    {
        TargetHost = options.ServerName ?? host,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateChainPolicy = options.CaFile is null ? null : PolicyOf(options.CaFile),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ClientCertificateContext = OwnCertificate(),
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsRight(certificate, chain, errors),
    };

    private static X509ChainPolicy PolicyOf(string file)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        Read(file, () => policy.CustomTrustStore.ImportFromPemFile(file));
        return policy.CustomTrustStore.Count > 0 ? policy : throw new AuthenticationException($"{file} holds no certificate");
    }

    private SslStreamCertificateContext? OwnCertificate()
    {
        if (options.Certificate is { } given)
        {
            return SslStreamCertificateContext.Create(given, additionalCertificates: null, offline: true);
        }

        if (options.CertificateFile is not { } file)
        {
            return null;
        }

        X509Certificate2? own = null;
        var behind = new X509Certificate2Collection();
        Read(file, () =>
        {
            own = X509Certificate2.CreateFromPemFile(file, options.KeyFile ?? file);
            behind.ImportFromPemFile(file);
        });
        behind.RemoveAt(0);
        return SslStreamCertificateContext.Create(own!, behind, offline: true);
    }

    private static void Read(string file, Action read)
    {
        try
        {
            read();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new AuthenticationException($"{file} cannot be used: {failure.Message.TrimEnd('.')}", failure);
        }
    }

    private bool IsRight(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        string name = options.ServerName ?? host;
        _objection = errors == SslPolicyErrors.None ? null
            : certificate is null ? "the server showed no certificate"
            : (errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0
                ? $"the server's certificate ({certificate.Subject}) is not for {name}"
            : $"the server's certificate ({certificate.Subject}) is not trusted: {ReasonOf(chain)}";
        return _objection is null;
    }

    private static string ReasonOf(X509Chain? chain) => chain?.ChainStatus.FirstOrDefault().Status switch
    {
        X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain => "its authority is not among those trusted here",
        X509ChainStatusFlags.NotTimeValid => "it has expired, or is not valid yet",
        { } other => other.ToString(),
        null => "for no reason that was told",
    };

    private string Explain(Exception failure) => _objection
        ?? $"the TLS handshake failed, perhaps since TLS is not on there: {(failure.InnerException ?? failure).Message.TrimEnd('.')}";
}
