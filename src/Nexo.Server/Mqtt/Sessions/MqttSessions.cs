using Nexo.Engine.Sessions;
using Nexo.Engine.Topics;

namespace Nexo.Server.Mqtt.Sessions;

/// <summary>
/// The sessions that outlive their connections, with their subscriptions to the topics. Those that do not are their connection's alone.
/// </summary>
internal sealed class MqttSessions : ISessionObserver
{
    private readonly TopicService _topics;
    private readonly Lock _gate = new();

    public MqttSessions(SessionService service, TopicService topics)
    {
        Service = service;
        _topics = topics;
        service.Observer = this;
    }

    public SessionService Service { get; }

    /// <summary>Opens the session of a client; its former connection has ended before.</summary>
    public SessionStatus Open(
        string user,
        ReadOnlySpan<byte> clientId,
        SessionTerms terms,
        ISessionHolder holder,
        out SessionOpened opened,
        out MqttSession? session)
    {
        session = null;
        SessionStatus status = Service.Open(user, clientId, terms, holder, out opened);
        if (status == SessionStatus.Ok)
        {
            session = Of(opened.Link.Session);
        }

        return status;
    }

    /// <summary>Subscribes to the topics what sessions have from an earlier run.</summary>
    /// <returns>How many subscriptions were refused.</returns>
    public int Restore() => Service.List().Sum(session => Of(session).Restore());

    public void OnEnded(Session session) => (session.Tag as MqttSession)?.End();

    private MqttSession Of(Session session)
    {
        lock (_gate)
        {
            if (session.Tag is MqttSession there)
            {
                return there;
            }

            var made = new MqttSession(Service, _topics, session);
            session.Tag = made;
            return made;
        }
    }
}
