using Nexo.Storage;

namespace Nexo.Engine;

/// <summary>Something with readers that wait until what was written is durable.</summary>
internal interface IDurableReader
{
    /// <summary>The log is durable up to a record that was named in <see cref="DurableNotices{T}.Want"/>.</summary>
    void OnDurable();
}

/// <summary>
/// Tells many readers when the log has made their records durable: one wait for all of them, so one piece of work for a commit.
/// </summary>
/// <typeparam name="T">Who is told.</typeparam>
internal sealed class DurableNotices<T>(IDurableLog log) : IThreadPoolWorkItem
    where T : class, IDurableReader
{
    private readonly Lock _gate = new();
    private List<T> _wanted = [];
    private List<T> _telling = [];
    private Lsn _until;
    private bool _isRunning;

    /// <summary>Whether this record is durable by now.</summary>
    public bool IsDurable(Lsn lsn) => lsn <= log.DurableLsn;

    /// <summary>Somebody wants <see cref="IDurableReader.OnDurable"/> once this record is durable. May be called under his lock.</summary>
    public void Want(T reader, Lsn lsn)
    {
        lock (_gate)
        {
            _wanted.Add(reader);
            _until = lsn > _until ? lsn : _until;
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        // Not here: he takes his lock again.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        try
        {
            while (Take(out Lsn until))
            {
                await log.WhenDurableAsync(until).ConfigureAwait(false);
                foreach (T reader in _telling)
                {
                    reader.OnDurable();
                }

                _telling.Clear();
            }
        }
        catch (WalException)
        {
            // Nothing becomes durable any more: those who wait do so until their time is up, or the server ends.
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
