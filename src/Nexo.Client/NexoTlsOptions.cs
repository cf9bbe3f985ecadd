using System.Security.Cryptography.X509Certificates;

namespace Nexo.Client;

/// <summary>
/// TLS to the server. A client with these options never connects without it, whatever the scheme of its URL. Files are PEM, and
/// read anew for every connection, so that one which was renewed is used by the next.
/// </summary>
public sealed record NexoTlsOptions
{
    /// <summary>File of the authorities that the server's certificate may come from; null: those that the system trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>File of the client's own certificate, with those behind it that it was issued by; null: it shows none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>File of its key; null: it is in <see cref="CertificateFile"/> too.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The client's own certificate with its key, in place of files.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The name that the server's certificate must be for; null: the host of the URL.</summary>
    public string? ServerName { get; init; }
}
