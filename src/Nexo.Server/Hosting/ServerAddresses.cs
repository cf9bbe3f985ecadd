namespace Nexo.Server.Hosting;

/// <summary>Where a started server really listens, with the ports that were chosen for it.</summary>
/// <param name="Native">Such as <c>nexo://127.0.0.1:7654</c>; with TLS only, <c>nexos://</c>, and so the others.</param>
/// <param name="Http">Such as <c>http://127.0.0.1:7655</c>; null: off.</param>
/// <param name="UnixSocket">Such as <c>nexo+unix:///run/nexo.sock</c>; null: none.</param>
public sealed record ServerAddresses(string Native, string? Http, string? UnixSocket)
{
    /// <summary>Such as <c>redis://127.0.0.1:6380</c>; null: off.</summary>
    public string? Resp { get; init; }

    /// <summary>Such as <c>mqtt://127.0.0.1:1883</c>; null: off.</summary>
    public string? Mqtt { get; init; }

    public override string ToString() =>
        string.Join(", ", new[] { Native, UnixSocket, Resp, Mqtt, Http }.Where(url => url is not null));
}
