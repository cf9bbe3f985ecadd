using Nexo.Storage;

namespace Nexo.Engine.Sessions;

/// <summary>
/// Tells sessions that wait for it when the log has made their messages durable: one wait for all of them, so one piece of work for a
/// commit.
/// </summary>
internal sealed class SessionVisibility(IDurableLog log)
{
    private readonly Lock _gate = new();
    private List<Session> _wanted = [];
    private List<Session> _telling = [];
    private Lsn _until;
    private bool _isRunning;

    public bool IsDurable(Lsn lsn) => lsn <= log.DurableLsn;

    /// <summary>A session wants <see cref="Session.OnDurable"/> once this record is durable. Under its lock.</summary>
    public void Want(Session session, Lsn lsn)
    {
        lock (_gate)
        {
            _wanted.Add(session);
            _until = lsn > _until ? lsn : _until;
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        // Not under the session's lock, which it takes again.
        ThreadPool.UnsafeQueueUserWorkItem(static self => _ = self.RunAsync(), this, preferLocal: false);
    }

    private async Task RunAsync()
    {
        try
        {
            while (Take(out Lsn until))
            {
                await log.WhenDurableAsync(until).ConfigureAwait(false);
                foreach (Session session in _telling)
                {
                    session.OnDurable();
                }

                _telling.Clear();
            }
        }
        catch (WalException)
        {
            // Nothing becomes durable any more, so nothing that waits for it is sent.
        }
    }

    private bool Take(out Lsn until)
    {
        lock (_gate)
        {
            until = _until;
            (_telling, _wanted) = (_wanted, _telling);
            _isRunning = _telling.Count > 0;
            return _isRunning;
        }
    }
}
