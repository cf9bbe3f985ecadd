namespace Nexo.Client;

/// <summary>How a client connects and waits. The client takes a copy: later changes have no effect on it.</summary>
public sealed record NexoClientOptions
{
    /// <summary>
    /// Where the server is: <c>nexo://[user:password@]host[:port][?token=…&amp;namespace=…]</c> or
    /// <c>nexo+unix:///path/to.sock[?token=…]</c>. The port is 7654 unless it is given. <c>nexos://</c> is the same with TLS, and may
    /// say what <see cref="Tls"/> does: <c>?ca=FILE&amp;cert=FILE&amp;key=FILE&amp;server-name=NAME</c>.
    /// </summary>
    public string Url { get; set; } = "nexo://localhost:7654";

    /// <summary>What the client calls itself in the server's logs and listings.</summary>
    public string? ClientName { get; set; }

    /// <summary>The user; it has precedence over the one in <see cref="Url"/>.</summary>
    public string? User { get; set; }

    /// <summary>The user's password; it has precedence over the one in <see cref="Url"/>.</summary>
    public string? Password { get; set; }

    /// <summary>The token; it has precedence over the one in <see cref="Url"/>.</summary>
    public string? Token { get; set; }

    /// <summary>
    /// The namespace to be in, a broker of its own at the server; it has precedence over <c>?namespace=</c> in <see cref="Url"/>. Null: the
    /// one that the server has for the user, which is the default one unless it is bound to another.
    /// </summary>
    public string? Namespace { get; set; }

    /// <summary>TLS over TCP; it has precedence over what <see cref="Url"/> says of it. Null: as the URL says.</summary>
    public NexoTlsOptions? Tls { get; set; }

    /// <summary>How long one attempt to connect may take, HELLO included.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a call may take, waiting for a connection included. <see cref="Timeout.InfiniteTimeSpan"/> leaves it
    /// to the caller's cancellation token. See also <see cref="NexoStore.WithTimeout"/>.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The ceiling of the wait before the second attempt to reconnect; it doubles with each one
    /// after.</summary>
    public TimeSpan ReconnectDelayMin { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The highest ceiling of the wait between attempts. The wait itself is random between zero and the
    /// ceiling (full jitter), so that many clients do not come back at once.</summary>
    public TimeSpan ReconnectDelayMax { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Changes that a watch may hold before its reader takes them; also the credits that the server
    /// gets.</summary>
    public int WatchBuffer { get; set; } = 1_024;

    /// <summary>Turns values into bytes and back.</summary>
    public INexoSerializer Serializer { get; set; } = new NexoJsonSerializer();

    /// <summary>The clock of deadlines, backoff and pings.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    // Never print secrets: the URL may hold a password.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append($"{nameof(ClientName)} = {ClientName}, {nameof(RequestTimeout)} = {RequestTimeout}");
        return true;
    }
}
