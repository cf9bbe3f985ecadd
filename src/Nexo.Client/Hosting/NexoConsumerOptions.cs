using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>How a consumer takes the records of a group.</summary>
public sealed record NexoConsumerOptions
{
    /// <summary>Records that are handled at once in a group that is shared by key, of each key one; one for each processor unless it is
    /// set. An ordered group has one.</summary>
    public int Concurrency { get; set; } = Environment.ProcessorCount;

    /// <summary>How the group is joined.</summary>
    public StreamJoinOptions Join { get; set; } = new();

    /// <summary>Makes the stream with these options before it is consumed; it is not made unless it is set.</summary>
    public StreamOptions? CreateStream { get; set; }

    /// <summary>Makes the group with this mode before it is consumed; it is not made unless it is set.</summary>
    public GroupMode? CreateGroup { get; set; }

    /// <summary>Where a group that is made begins; the beginning unless it is set.</summary>
    public StreamFrom? From { get; set; }

    /// <summary>What a group that is made is set to.</summary>
    public StreamGroupOptions? Group { get; set; }

    /// <summary>In an ordered group: the pause before a record that failed is tried again, doubled with each failure up to a
    /// minute.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long what runs may go on when the host stops, before it is cancelled. Keep it below the host's own limit
    /// (<c>HostOptions.ShutdownTimeout</c>, 30 s).</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(20);

    internal void Require()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Concurrency, 1, nameof(Concurrency));
        ArgumentNullException.ThrowIfNull(Join);
        Join.Require();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RetryDelay, TimeSpan.Zero, nameof(RetryDelay));
        ArgumentOutOfRangeException.ThrowIfLessThan(Grace, TimeSpan.Zero, nameof(Grace));
    }
}
