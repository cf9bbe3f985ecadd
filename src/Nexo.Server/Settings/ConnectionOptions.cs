namespace Nexo.Server;

/// <summary>Every bound of the native connections.</summary>
public sealed record ConnectionOptions
{
    /// <summary>Largest frame, header included.</summary>
    public int FrameBytesMax { get; init; } = 16 * 1_024 * 1_024;

    /// <summary>Open connections; one more is told so and closed.</summary>
    public int ConnectionsMax { get; init; } = 10_000;

    /// <summary>Largest frame of a client that has not logged in, and what waits for it unread.</summary>
    public int PreAuthBytesMax { get; init; } = 64 * 1_024;

    /// <summary>How long a client may take to send its HELLO.</summary>
    public int HelloTimeoutMs { get; init; } = 5_000;

    /// <summary>Silence after which the server sends a PING; 0: never.</summary>
    public int PingAfterIdleMs { get; init; } = 30_000;

    /// <summary>Silence after which a connection is closed; 0: never.</summary>
    public int IdleTimeoutMs { get; init; } = 120_000;

    /// <summary>Requests and subscriptions that may be open at once on a connection.</summary>
    public int InFlightMax { get; init; } = 1_024;

    /// <summary>Replies that a client has not taken yet; past it nothing more is read from it.</summary>
    public int ReplyBytesMax { get; init; } = 8 * 1_024 * 1_024;

    /// <summary>How long a client may take nothing of what waits for it before it is cut.</summary>
    public int SendStallMs { get; init; } = 10_000;

    /// <summary>How long a graceful stop waits for what is in flight.</summary>
    public int StopGraceMs { get; init; } = 5_000;

    /// <summary>Changes that may wait for the credits of one WATCH; more are counted as missed.</summary>
    public int WatchBytesMax { get; init; } = 4 * 1_024 * 1_024;
}
