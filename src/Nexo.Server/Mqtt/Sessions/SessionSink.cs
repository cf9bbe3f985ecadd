using Nexo.Engine.Sessions;
using Nexo.Engine.Topics;

namespace Nexo.Server.Mqtt.Sessions;

/// <summary>
/// Filters of a session with the same terms: what comes by them with QoS 1 or 2 goes into the session, whether its client is there or
/// not, the rest to the client if it is.
/// </summary>
/// <param name="terms">Options and identifier; the filter is that of one of them.</param>
internal sealed class SessionSink(MqttSession session, SessionSubscription terms) : ITopicSink
{
    private const long AwayLoad = long.MaxValue - 1;
    private const byte QosMask = 0x03;
    private const byte NoLocalFlag = 0x04;
    private const byte RetainAsPublishedFlag = 0x08;
    private const byte TermsMask = QosMask | NoLocalFlag | RetainAsPublishedFlag;

    /// <summary>How many filters it has.</summary>
    public int Filters { get; set; }

    public TopicSubscriber? Subscriber { get; set; }

    // What its client has not acknowledged counts: it is still at work on it. Without a client a message waits long: others come first.
    public long Load => session.Receiver is not { } receiver ? AwayLoad
        : receiver.Load is var load && load == long.MaxValue ? load
        : Math.Min(load + session.Session.Bytes, AwayLoad - 1);

    /// <summary>What its owner publishes does not come.</summary>
    public static bool IsNoLocal(byte options) => (options & NoLocalFlag) != 0;

    /// <summary>What comes by it may go into the session.</summary>
    public static bool IsQueued(byte options) => (options & QosMask) != 0;

    public bool HasTerms(byte options, uint identifier) =>
        ((options ^ terms.Options) & TermsMask) == 0 && identifier == terms.Identifier;

    public int Deliver(TopicRun run)
    {
        int dropped = session.Receiver?.Deliver(run, in terms) ?? 0;
        int most = terms.Options & QosMask;
        return most == 0 ? dropped : dropped + Queue(run, isExactlyOnceAllowed: most == 2);
    }

    public void Flush() => session.Receiver?.Flush();

    private int Queue(TopicRun run, bool isExactlyOnceAllowed)
    {
        bool keepsRetain = run.IsRetained || (terms.Options & RetainAsPublishedFlag) != 0;
        int dropped = 0;
        RunBodies bodies = RunBodies.Of(run);
        for (int i = 0; i < run.Count; i++)
        {
            TopicMessage message = run[i];
            byte qos = MqttHeaders.QosOf(message, run.IsRetained);
            if (qos == 0)
            {
                continue;
            }

            bool isExactlyOnce = isExactlyOnceAllowed && qos == 2;
            bool retain = run.IsRetained || (keepsRetain && message.Retain);
            dropped += bodies.TryAdd(session.Sessions, i, in message, isExactlyOnce, retain, terms.Identifier) ? 0 : 1;
        }

        return bodies.Entries.IsEmpty ? dropped : dropped + session.Session.Enqueue(bodies.Entries);
    }
}
