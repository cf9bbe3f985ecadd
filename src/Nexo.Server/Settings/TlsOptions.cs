namespace Nexo.Server;

/// <summary>Who is served with TLS, and who without.</summary>
public enum TlsMode
{
    /// <summary><see cref="Require"/> where there is a certificate, else <see cref="Off"/>.</summary>
    Auto,

    /// <summary>Nobody is served with TLS.</summary>
    Off,

    /// <summary>Every port serves both: the first byte of a client tells which it speaks.</summary>
    Allow,

    /// <summary>Only TLS is served; who comes without it is told so.</summary>
    Require,
}

/// <summary>Whether clients are to show a certificate of their own.</summary>
public enum TlsClientCertificates
{
    /// <summary>They are not asked for one.</summary>
    None,

    /// <summary>One that is shown must be right; a client without one logs in otherwise.</summary>
    Ask,

    /// <summary>Nobody is served without one.</summary>
    Require,
}

/// <summary>TLS on all ports.</summary>
public sealed record TlsOptions
{
    public TlsMode Mode { get; init; } = TlsMode.Auto;

    /// <summary>PEM file of the server's certificate, with those behind it up to its root; null: none.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file of its key; null: none.</summary>
    public string? Key { get; init; }

    /// <summary>PEM file of the authorities whose client certificates are right; null: none.</summary>
    public string? ClientAuthorities { get; init; }

    public TlsClientCertificates ClientCertificates { get; init; } = TlsClientCertificates.None;

    /// <summary>The mode with <see cref="TlsMode.Auto"/> decided.</summary>
    public TlsMode EffectiveMode => Mode != TlsMode.Auto ? Mode
        : Certificate is null ? TlsMode.Off
        : TlsMode.Require;

    /// <summary>True when TLS is spoken.</summary>
    public bool IsOn => EffectiveMode != TlsMode.Off;
}
