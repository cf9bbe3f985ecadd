namespace Nexo.Server.Settings;

// TLS on all ports.
internal static partial class SettingCatalog
{
    private static IEnumerable<Setting> TlsOnPorts()
    {
        yield return Tls("certificate", SettingKinds.FilePath, t => t.Certificate, (t, v) => t with { Certificate = v },
            "PEM file of the server's certificate, and behind it those that it was issued by");
        yield return Tls("key", SettingKinds.FilePath, t => t.Key, (t, v) => t with { Key = v },
            "PEM file of its key, which no other user of the machine may read");
        yield return Tls("mode",
            SettingKinds.Choice([
                ("auto", TlsMode.Auto), ("off", TlsMode.Off), ("allow", TlsMode.Allow), ("require", TlsMode.Require)]),
            t => t.Mode, (t, v) => t with { Mode = v },
            "Who is served, on all TCP ports. require: clients with TLS only. allow: with and without, on the same ports. "
            + "auto: require, or off without a certificate");
        yield return Tls("client-ca", SettingKinds.FilePath,
            t => t.ClientAuthorities, (t, v) => t with { ClientAuthorities = v },
            "PEM file of the authorities that issue certificates of clients");
        yield return Tls("client-certificates",
            SettingKinds.Choice([
                ("none", TlsClientCertificates.None), ("ask", TlsClientCertificates.Ask), ("require", TlsClientCertificates.Require)]),
            t => t.ClientCertificates, (t, v) => t with { ClientCertificates = v },
            "Whether clients show certificates. ask: one that is shown must be right. require: nobody is served without one");
    }

    private static Setting<T> Tls<T>(
        string key,
        SettingKind<T> kind,
        Func<TlsOptions, T> get,
        Func<TlsOptions, T, TlsOptions> set,
        string description) => new(
        $"tls.{key}", kind, o => get(o.Tls), (o, v) => o with { Tls = set(o.Tls, v) }, description);
}
