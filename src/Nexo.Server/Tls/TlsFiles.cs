using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nexo.Server.Tls;

/// <summary>Reads the files of <see cref="TlsOptions"/> and checks them as a whole.</summary>
internal static class TlsFiles
{
    private const UnixFileMode ForOthers = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;

    /// <summary>Null with a reason that names the file and what to do about it.</summary>
    public static TlsIdentity? TryLoad(TlsOptions options, DateTimeOffset now, out string problem)
    {
        string certificateFile = options.Certificate!;
        string keyFile = options.Key!;
        if (!TryRead(certificateFile, "tls.certificate", out string certificateText, out problem)
            || !IsPrivate(keyFile, out problem)
            || !TryRead(keyFile, "tls.key", out string keyText, out problem)
            || TryReadAll(certificateFile, certificateText, out problem) is not { } chain
            || TryPair(certificateFile, certificateText, keyFile, keyText, out problem) is not { } leaf)
        {
            return null;
        }

        if (!IsValidAt(now, leaf, certificateFile, out problem))
        {
            return null;
        }

        X509Certificate2Collection? authorities = null;
        if (options.ClientCertificates != TlsClientCertificates.None
            && (!TryRead(options.ClientAuthorities!, "tls.client-ca", out string authoritiesText, out problem)
                || (authorities = TryReadAll(options.ClientAuthorities!, authoritiesText, out problem)) is null))
        {
            return null;
        }

        // Offline: nothing that a certificate names is fetched when a handshake needs it.
        chain.RemoveAt(0);
        var context = SslStreamCertificateContext.Create(leaf, chain, offline: true);
        return new TlsIdentity(context, leaf, authorities, options.ClientCertificates);
    }

    private static bool TryRead(string file, string setting, out string text, out string problem)
    {
        try
        {
            (text, problem) = (File.ReadAllText(file), string.Empty);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            (text, problem) = (string.Empty, $"{setting}: {Path.GetFullPath(file)} cannot be read: {failure.Message}");
            return false;
        }
    }

    private static bool IsPrivate(string file, out string problem)
    {
        problem = string.Empty;
        if (OperatingSystem.IsWindows() || !File.Exists(file))
        {
            return true;
        }

        string target = File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(file);
        UnixFileMode mode = File.GetUnixFileMode(target);
        if ((mode & ForOthers) == UnixFileMode.None)
        {
            return true;
        }

        string octal = Convert.ToString((int)mode, 8).PadLeft(4, '0');
        problem = $"tls.key: {target} is open to other users of this machine (mode {octal}); chmod 600 {target}, and if they may have "
            + "read it, make a new key";
        return false;
    }

    private static X509Certificate2Collection? TryReadAll(string file, string text, out string problem)
    {
        problem = $"{Path.GetFullPath(file)} holds no certificate that can be read; a PEM file has -----BEGIN CERTIFICATE----- in it";
        var read = new X509Certificate2Collection();
        try
        {
            read.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            return null;
        }

        return read.Count == 0 ? null : read;
    }

    private static X509Certificate2? TryPair(
        string certificateFile, string certificateText, string keyFile, string keyText, out string problem)
    {
        problem = string.Empty;
        string key = Path.GetFullPath(keyFile);
        if (!keyText.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            problem = $"{key} holds no key; a PEM file has -----BEGIN PRIVATE KEY----- in it";
        }
        else if (keyText.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            problem = $"the key in {key} is encrypted with a passphrase, which nobody is there to type; take the passphrase off with "
                + "openssl pkey, and let only the server read the file";
        }
        else
        {
            try
            {
                return X509Certificate2.CreateFromPem(certificateText, keyText);
            }
            catch (Exception failure) when (failure is CryptographicException or ArgumentException)
            {
                problem = $"the key in {key} does not belong to the first certificate in {Path.GetFullPath(certificateFile)}, or cannot be "
                    + "read; the server's own certificate comes first in its file, those of authorities behind it";
            }
        }

        return null;
    }

    private static bool IsValidAt(DateTimeOffset now, X509Certificate2 certificate, string file, out string problem)
    {
        problem = now > certificate.NotAfter
            ? $"the certificate in {Path.GetFullPath(file)} ({certificate.Subject}) has expired, {At(certificate.NotAfter)}; renew it"
            : now < certificate.NotBefore
            ? $"the certificate in {Path.GetFullPath(file)} ({certificate.Subject}) is not valid before {At(certificate.NotBefore)}; "
                + $"by the clock of this machine it is {At(now.UtcDateTime)}"
            : string.Empty;
        return problem.Length == 0;
    }

    private static string At(DateTime time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
