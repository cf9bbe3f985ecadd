using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Nexo.Server.Tls;

/// <summary>What the files of <see cref="TlsOptions"/> said when they were read: immutable, for handshakes that begin with it.</summary>
internal sealed class TlsIdentity(
    SslStreamCertificateContext certificate,
    X509Certificate2 leaf,
    X509Certificate2Collection? clientAuthorities,
    TlsClientCertificates clientCertificates)
{
    /// <summary>Whose the server's certificate is.</summary>
    public string Subject { get; } = leaf.Subject;

    /// <summary>When the server's certificate ends.</summary>
    public DateTimeOffset NotAfter { get; } = new(leaf.NotAfter.ToUniversalTime());

    /// <summary>How one handshake goes.</summary>
    [SuppressMessage(
        "Security", "CA5398", Justification = "Neither older ones that the system would allow, nor newer ones that were not tried.")]
    public SslServerAuthenticationOptions NewOptions()
    {
        bool asks = clientCertificates != TlsClientCertificates.None;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = asks,
            AllowRenegotiation = false,

            // A session that is taken up again would bring a certificate along that may have been withdrawn meanwhile.
            AllowTlsResume = !asks,
            CertificateChainPolicy = asks ? NewPolicy() : null,
            RemoteCertificateValidationCallback = asks ? IsRight : null,
        };
    }

    private X509ChainPolicy NewPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,

            // What a client names is not fetched for it.
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(clientAuthorities!);
        return policy;
    }

    private bool IsRight(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is null
            ? clientCertificates != TlsClientCertificates.Require
            : (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;
}
