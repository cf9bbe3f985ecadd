namespace Nexo.Engine.Topics;

/// <summary>A message to be published; its bytes are borrowed for the call.</summary>
public ref struct TopicMessage
{
    /// <summary>UTF-8, as MQTT 5 §4.7 says; checked by the service.</summary>
    public ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>The header block in the protocol's form, without its length; empty: none. Not looked into.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    /// <summary>Kept as its topic's last value, for who subscribes later; with an empty body the one there is goes.</summary>
    public bool Retain { get; init; }

    /// <summary>
    /// How long a retained one is kept, in milliseconds from now; null: until it is replaced. To sinks it is how long the message may
    /// still be delivered.
    /// </summary>
    public long? TtlMs { get; init; }

    /// <summary>How surely it is to arrive; sinks that know of it look at it.</summary>
    public TopicQos Qos { get; init; }

    /// <summary>Who publishes: the owner of subscriptions that do not want their own messages; null: nobody's.</summary>
    public TopicOwner? Publisher { get; init; }
}

/// <summary>What became of a message that was published.</summary>
/// <param name="Receivers">Subscriptions that it goes to; of a shared group one.</param>
/// <param name="Bindings">Targets of bindings that have taken it.</param>
/// <param name="Refused">Targets of bindings that have not.</param>
/// <param name="WaitsForLog">True when what it has changed is to be durable before it is acknowledged.</param>
public readonly record struct TopicPublished(int Receivers, int Bindings, int Refused, bool WaitsForLog);
