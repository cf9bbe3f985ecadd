using Nexo.Storage;

namespace Nexo.Engine.Sessions;

/// <content>What recovery applies to the table of sessions. On one thread, and nobody else is there yet.</content>
public sealed partial class SessionService
{
    /// <summary>
    /// A session is there; of two with one key the one with the higher number, which is the later one, stays.
    /// </summary>
    /// <returns>Null: there is a later one.</returns>
    internal Session? ApplyAdded(in SessionSetRecord record, out Session? replaced)
    {
        byte[] key = [.. record.User, UserEnd, .. record.ClientId];
        _lastNumber = Math.Max(_lastNumber, record.Session);
        if (_byKey.TryGetValue(key, out replaced))
        {
            if (replaced.Number > record.Session)
            {
                replaced = null;
                return null;
            }

            ApplyRemoved(replaced);
        }

        return Add(record.Session, key, record.User.Length);
    }

    internal void ApplyRemoved(Session session)
    {
        Remove(session);
        session.Clear();
    }

    internal void ApplyNumbers(uint session, ulong body)
    {
        _lastNumber = Math.Max(_lastNumber, session);
        Bodies.LastId = body;
    }

    internal void EndRecovery(IDurableLog? log, IEnumerable<Session> sessions)
    {
        Bodies.EndRecovery();
        Attach(log);
        Session[] all = [.. sessions];
        foreach (Session session in all)
        {
            bool wasConnected = session.DeadlineMs == 0;
            session.EndRecovery(wasConnected);
            if (wasConnected && session.ExpirySeconds == 0)
            {
                ApplyRemoved(session);
                continue;
            }

            if (wasConnected)
            {
                session.DeadlineMs = DeadlineOf(session.ExpirySeconds);
                LogLeft(session);
            }

            AddEnding(session);
        }

        _isRecovering = false;
    }
}
