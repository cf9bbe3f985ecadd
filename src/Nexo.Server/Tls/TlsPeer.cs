using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http.Features;

namespace Nexo.Server.Tls;

/// <summary>Who is at the other end of a connection with TLS, for those who serve it (a feature of the connection).</summary>
internal sealed class TlsPeer : ITlsConnectionFeature
{
    public TlsPeer(SslStream stream)
    {
        ClientCertificate = stream.RemoteCertificate as X509Certificate2;
        Names = ClientCertificate is null ? [] : CertificateNames.Of(ClientCertificate);
    }

    /// <summary>The certificate that it has shown, which is right; null: none.</summary>
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>The names in it.</summary>
    public IReadOnlyList<string> Names { get; }

    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
}
