using Nexo.Engine.Sessions;
using Nexo.Engine.Topics;
using Nexo.Server.Security;

namespace Nexo.Server.Mqtt.Sessions;

/// <summary>
/// The sessions that outlive their connections, with their subscriptions to the topics. Those that do not are their connection's alone.
/// </summary>
internal sealed class MqttSessions : ISessionObserver
{
    private readonly TopicService _topics;
    private readonly UserDirectory _users;
    private readonly AuditLog _audit;
    private readonly string _space;
    private readonly Lock _gate = new();

    public MqttSessions(SessionService service, TopicService topics, UserDirectory users, AuditLog audit, string space)
    {
        Service = service;
        _topics = topics;
        _users = users;
        _audit = audit;
        _space = space;
        users.Changed += Withdraw;
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
    public int Restore()
    {
        // The users may have changed since: what is not allowed any more is not restored.
        Withdraw();
        return Service.List().Sum(session => Of(session).Restore());
    }

    public void OnEnded(Session session) => (session.Tag as MqttSession)?.End();

    /// <summary>The users have changed: sessions lose what their users may not read, also those whose clients are away.</summary>
    private void Withdraw()
    {
        UserSet users = _users.Users;
        foreach (Session session in Service.List())
        {
            Access access = users.AccessOf(session.User, _space);
            int gone = ReferenceEquals(access, Access.Everything) ? 0 : Of(session).Withdraw(access);
            if (gone > 0)
            {
                _audit.Withdrawn(session.User, null, $"{gone} filters of a session");
            }
        }
    }

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
