namespace Nexo.Engine.Queues;

/// <summary>A message that waits on disk: one without group and delay, which nobody has had yet. Its bytes are borrowed.</summary>
internal ref struct BacklogMessage
{
    public ulong Id { get; init; }

    /// <summary>Engine time, Unix ms.</summary>
    public long EnqueuedAtMs { get; init; }

    /// <summary>Engine time, Unix ms; 0: it lives on.</summary>
    public long ExpiresAtMs { get; init; }

    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }
}
