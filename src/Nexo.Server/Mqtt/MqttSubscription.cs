using Nexo.Engine.Topics;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Mqtt;

/// <summary>What subscriptions of a connection have in common for which one subscription to the topics is enough.</summary>
/// <param name="Qos">The highest that they take.</param>
/// <param name="NoLocal">What their client publishes does not come.</param>
/// <param name="RetainAsPublished">The retain flag comes as it was published.</param>
/// <param name="WithRetained">What is retained comes when a filter is added.</param>
/// <param name="Identifier">Theirs; 0: none.</param>
internal readonly record struct MqttTerms(byte Qos, bool NoLocal, bool RetainAsPublished, bool WithRetained, uint Identifier);

/// <summary>The filters of a connection that have the same terms, as one receiver of messages.</summary>
internal sealed class MqttSubscription(MqttDelivery delivery, MqttTerms terms, MqttVersion version) : ITopicSink
{
    public MqttTerms Terms { get; } = terms;

    /// <summary>Makes its packets.</summary>
    public MqttEncoder Encoder { get; } = MqttEncoder.Of(version, terms.Qos, terms.RetainAsPublished);

    /// <summary>It to the topics; set once it is subscribed.</summary>
    public TopicSubscriber? Subscriber { get; set; }

    /// <summary>How many filters it has. Only for who changes them.</summary>
    public int Filters { get; set; }

    public long Load => delivery.Load;

    public int Deliver(TopicRun run) => delivery.Deliver(run, this);

    public void Flush() => delivery.Flush();
}
