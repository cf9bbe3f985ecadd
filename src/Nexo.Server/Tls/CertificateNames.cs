using System.Security.Cryptography.X509Certificates;

namespace Nexo.Server.Tls;

/// <summary>The names that a certificate gives its owner.</summary>
internal static class CertificateNames
{
    private const string CommonName = "2.5.4.3";

    /// <summary>The common names of its subject, then its alternative names: hosts, an address of mail, a URI.</summary>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate)
    {
        List<string> names = [];
        foreach (X500RelativeDistinguishedName part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == CommonName
                && part.GetSingleElementValue() is { } name)
            {
                names.Add(name);
            }
        }

        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension is X509SubjectAlternativeNameExtension alternatives)
            {
                names.AddRange(alternatives.EnumerateDnsNames());
            }
        }

        names.Add(AlternativeOf(certificate, X509NameType.EmailName));
        names.Add(AlternativeOf(certificate, X509NameType.UrlName));
        return [.. names.Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)];
    }

    private static string AlternativeOf(X509Certificate2 certificate, X509NameType type) =>
        certificate.GetNameInfo(type, forIssuer: false);
}
