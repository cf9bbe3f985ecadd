using Nexo.Engine.Sessions;
using Nexo.Engine.Topics;

namespace Nexo.Server.Mqtt.Sessions;

/// <summary>
/// The messages of a run as sessions keep them: each once for all sessions that get it. Made by the first that does, and let go of when
/// the run is over; used by one thread at a time, as the run is.
/// </summary>
internal sealed class RunBodies : IDisposable
{
    // One for the next run of the thread: without a lock, and never more than there are threads.
    [ThreadStatic]
    private static RunBodies? _spare;

    private SessionBody[] _bodies = [];
    private SessionEntry[] _entries = [];
    private int _count;
    private int _entryCount;

    /// <summary>What is to be queued for a session.</summary>
    public ReadOnlySpan<SessionEntry> Entries => _entries.AsSpan(0, _entryCount);

    /// <summary>Those of a run.</summary>
    public static RunBodies Of(TopicRun run)
    {
        if (run.Shared is RunBodies there)
        {
            there._entryCount = 0;
            return there;
        }

        RunBodies bodies = _spare ?? new RunBodies();
        _spare = null;
        bodies.Begin(run.Count);
        run.Shared = bodies;
        return bodies;
    }

    /// <summary>Adds a message to those that are to be queued; false: there is no memory for it.</summary>
    public bool TryAdd(SessionService sessions, int index, in TopicMessage message, bool isExactlyOnce, bool retain, uint identifier)
    {
        if (_bodies[index].IsNone)
        {
            _bodies[index] = sessions.Keep(message.Topic, message.Headers, message.Body, message.TtlMs);
            if (_bodies[index].IsNone)
            {
                return false;
            }
        }

        _entries[_entryCount++] = new SessionEntry(_bodies[index], isExactlyOnce, retain, identifier);
        return true;
    }

    public void Dispose()
    {
        for (int i = 0; i < _count; i++)
        {
            _bodies[i].Release();
            _bodies[i] = default;
        }

        _count = 0;
        _entryCount = 0;
        _spare = this;
    }

    private void Begin(int count)
    {
        _count = count;
        if (_bodies.Length < count)
        {
            _bodies = new SessionBody[count];
            _entries = new SessionEntry[count];
        }
    }
}
