using System.Security.Cryptography;
using Nexo.Server;
using Nexo.Server.Hosting;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>Files that will not do stop the start, with what is wrong and what to do.</summary>
public sealed class TlsFileTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public void A_key_that_others_can_read_is_refused()
    {
        TestCertificates.SetMode(
            _certificates.ServerKey, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        Refuses(_certificates.ServerKey, "mode 0644", "chmod 600");
    }

    [Fact]
    public void A_key_that_a_group_reads_will_do()
    {
        TestCertificates.SetMode(_certificates.ServerKey, UnixFileMode.UserRead | UnixFileMode.GroupRead);

        using (NexoServer.Build(Options()) as IDisposable)
        {
            // It is built.
        }
    }

    [Fact]
    public void A_certificate_that_has_expired_is_refused()
    {
        _certificates.IssueServer(TestCertificates.Now.AddDays(-20), TestCertificates.Now.AddDays(-10)).Dispose();

        Refuses(_certificates.ServerFile, "CN=localhost", "has expired", "renew");
    }

    [Fact]
    public void A_certificate_of_tomorrow_is_refused()
    {
        _certificates.IssueServer(TestCertificates.Now.AddDays(1)).Dispose();

        Refuses(_certificates.ServerFile, "is not valid before", "clock");
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused()
    {
        _certificates.IssueClient("other").Dispose();
        File.Copy(_certificates.PathOf("other.key"), _certificates.ServerKey, overwrite: true);

        Refuses(_certificates.ServerKey, "does not belong to the first certificate in", _certificates.ServerFile);
    }

    [Fact]
    public void A_key_with_a_passphrase_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var encryption = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000);
        _certificates.Write("server.key", key.ExportEncryptedPkcs8PrivateKeyPem("secret", encryption));

        Refuses(_certificates.ServerKey, "passphrase", "openssl pkey");
    }

    [Theory]
    [InlineData("server.pem", "holds no certificate")]
    [InlineData("server.key", "holds no key")]
    [InlineData("ca.pem", "holds no certificate")]
    public void A_file_of_something_else_is_refused(string file, string problem)
    {
        _certificates.Write(file, "{}");

        Refuses(_certificates.PathOf(file), problem);
    }

    [Theory]
    [InlineData("server.pem", "tls.certificate")]
    [InlineData("server.key", "tls.key")]
    [InlineData("ca.pem", "tls.client-ca")]
    public void A_file_that_is_not_there_is_refused(string file, string setting)
    {
        File.Delete(_certificates.PathOf(file));

        Refuses(_certificates.PathOf(file), setting, "cannot be read");
    }

    [Theory]
    [InlineData(TlsMode.Require, false, false, TlsClientCertificates.None, false, "tls.mode asks for TLS")]
    [InlineData(TlsMode.Auto, true, false, TlsClientCertificates.None, false, "without tls.key")]
    [InlineData(TlsMode.Auto, false, true, TlsClientCertificates.None, false, "without tls.certificate")]
    [InlineData(TlsMode.Auto, true, true, TlsClientCertificates.Ask, false, "tls.client-ca")]
    [InlineData(TlsMode.Off, true, true, TlsClientCertificates.Ask, true, "TLS is off")]
    [InlineData(TlsMode.Allow, true, true, TlsClientCertificates.Require, true, "tls.mode is allow")]
    public void Settings_that_contradict_each_other_are_refused(
        TlsMode mode, bool hasCertificate, bool hasKey, TlsClientCertificates asks, bool hasAuthorities, string problem)
    {
        var tls = new TlsOptions
        {
            Mode = mode,
            Certificate = hasCertificate ? _certificates.ServerFile : null,
            Key = hasKey ? _certificates.ServerKey : null,
            ClientCertificates = asks,
            ClientAuthorities = hasAuthorities ? _certificates.CaFile : null,
        };

        ServerStartException failure = Assert.Throws<ServerStartException>(() => NexoServer.Build(Options() with { Tls = tls }));
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    private NexoServerOptions Options() => new()
    {
        DataDirectory = null,
        Tls = _certificates.Options with
        {
            ClientAuthorities = _certificates.CaFile,
            ClientCertificates = TlsClientCertificates.Ask,
        },
    };

    private void Refuses(params string[] words)
    {
        ServerStartException failure = Assert.Throws<ServerStartException>(() => NexoServer.Build(Options()));
        Assert.All(words, word => Assert.Contains(word, failure.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', failure.Message);
    }
}
