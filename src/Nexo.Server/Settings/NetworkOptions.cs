namespace Nexo.Server;

/// <summary>Where the server listens.</summary>
public sealed record NetworkOptions
{
    /// <summary>Value of a port that is not listened on.</summary>
    public const int PortOff = -1;

    /// <summary>Value of <see cref="HttpPort"/> that turns HTTP off.</summary>
    public const int HttpOff = PortOff;

    /// <summary>Value of a port that lets the operating system choose.</summary>
    public const int PortAny = 0;

    /// <summary>IP address to listen on, or <c>localhost</c>; <c>*</c>: every address of the machine.</summary>
    public string Bind { get; init; } = "127.0.0.1";

    /// <summary>Port of the native protocol.</summary>
    public int Port { get; init; } = 7654;

    /// <summary>Port of health, metrics and the status page.</summary>
    public int HttpPort { get; init; } = 7655;

    /// <summary>Path of a unix socket that speaks the native protocol too; null: none.</summary>
    public string? UnixSocket { get; init; }

    /// <summary>
    /// Threads that read sockets and run requests; 0: one for each processor. Fewer answer single requests with less
    /// processor time, when the clients share the machine; docs/adr/0003 has the figures.
    /// </summary>
    public int Threads { get; init; }

    /// <summary>Allows an address that others can reach although nobody is asked for credentials.</summary>
    public bool Insecure { get; init; }
}
