using Nexo.Engine.Sessions;
using Nexo.Engine.Topics;

namespace Nexo.Server.Mqtt.Sessions;

/// <summary>The connection of a session that lasts. Called by many threads, under no lock of the session.</summary>
internal interface IMqttReceiver
{
    /// <summary>What it has not sent of messages with QoS 0, as <see cref="ITopicSink.Load"/>.</summary>
    long Load { get; }

    /// <summary>
    /// Takes those messages of a run that go to it with QoS 0: by the lower one of the message's and the subscription's. The others are
    /// in the session when <see cref="Flush"/> is called.
    /// </summary>
    /// <returns>How many it has dropped.</returns>
    int Deliver(TopicRun run, in SessionSubscription by);

    /// <summary>There may be something to send: of what it has taken, and of the session's.</summary>
    void Flush();
}
