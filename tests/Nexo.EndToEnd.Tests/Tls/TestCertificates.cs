using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nexo.Server;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>An authority of the test's own, and what it issues, in files of a directory that goes with it.</summary>
internal sealed class TestCertificates : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nexo-tls-");
    private readonly X509Certificate2 _authority;

    public TestCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _authority = request.CreateSelfSigned(Now.AddDays(-1_000), Now.AddDays(1_000));
        CaFile = Write("ca.pem", _authority.ExportCertificatePem());
        IssueServer();
    }

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public string CaFile { get; }

    public string ServerFile => PathOf("server.pem");

    public string ServerKey => PathOf("server.key");

    /// <summary>TLS with the server's certificate.</summary>
    public TlsOptions Options => new() { Certificate = ServerFile, Key = ServerKey };

    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    /// <summary>Issues the server a certificate, in place of the one that it has.</summary>
    public X509Certificate2 IssueServer(DateTimeOffset? from = null, DateTimeOffset? until = null, bool isRsa = false) => Issue(
        "server", "CN=localhost", ServerAuthentication, ["localhost"], from, until, isRsa);

    /// <summary>Issues a client a certificate: <c>NAME.pem</c> and <c>NAME.key</c>.</summary>
    public X509Certificate2 IssueClient(string name, string? subject = null, params string[] alternatives) =>
        Issue(name, subject ?? $"CN={name}", ClientAuthentication, alternatives);

    public string Write(string name, string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        // As those who renew do it: never is half of it to be seen.
        string path = PathOf(name);
        string fresh = $"{path}.new";
        File.WriteAllText(fresh, text);
        SetMode(fresh, mode);
        File.Move(fresh, path, overwrite: true);
        return path;
    }

    public static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Delete(recursive: true);
    }

    private X509Certificate2 Issue(
        string name,
        string subject,
        string usage,
        string[] alternatives,
        DateTimeOffset? from = null,
        DateTimeOffset? until = null,
        bool isRsa = false)
    {
        using AsymmetricAlgorithm key = isRsa ? RSA.Create(2_048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, false));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var names = new SubjectAlternativeNameBuilder();
        foreach (string alternative in alternatives)
        {
            names.AddDnsName(alternative);
        }

        if (usage == ServerAuthentication)
        {
            names.AddIpAddress(System.Net.IPAddress.Loopback);
        }

        if (alternatives.Length > 0)
        {
            request.CertificateExtensions.Add(names.Build());
        }

        using var signer = _authority.GetECDsaPrivateKey()!;
        X509Certificate2 issued = request.Create(
            _authority.SubjectName,
            X509SignatureGenerator.CreateForECDsa(signer),
            from ?? Now.AddDays(-1),
            until ?? Now.AddDays(30),
            RandomNumberGenerator.GetBytes(12));
        Write($"{name}.pem", issued.ExportCertificatePem() + "\n");
        Write($"{name}.key", key.ExportPkcs8PrivateKeyPem() + "\n");
        return issued;
    }
}
