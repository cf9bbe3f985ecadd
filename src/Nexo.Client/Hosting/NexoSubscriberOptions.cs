namespace Nexo.Client;

/// <summary>How the host subscribes to topics.</summary>
public sealed record NexoSubscriberOptions
{
    /// <summary>How messages are received.</summary>
    public TopicSubscribeOptions Subscribe { get; set; } = new();

    /// <summary>How long a running handler may go on when the host stops, before its token is cancelled. Keep it below the host's own
    /// limit (<c>HostOptions.ShutdownTimeout</c>, 30 s).</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(5);

    internal void Require()
    {
        ArgumentNullException.ThrowIfNull(Subscribe, nameof(Subscribe));
        Subscribe.Require();
        ArgumentOutOfRangeException.ThrowIfLessThan(Grace, TimeSpan.Zero, nameof(Grace));
    }
}
