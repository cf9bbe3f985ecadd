using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// Tells streams with waiting readers when the log has made their records durable: one wait for all of them, so one piece of work for
/// a commit.
/// </summary>
internal sealed class StreamVisibility(IDurableLog log)
{
    private readonly Lock _gate = new();
    private List<StreamLog> _wanted = [];
    private List<StreamLog> _telling = [];
    private Lsn _until;
    private bool _isRunning;

    /// <summary>A stream wants <see cref="StreamLog.OnDurable"/> once this record is durable. Under its lock.</summary>
    public void Want(StreamLog stream, Lsn lsn)
    {
        lock (_gate)
        {
            _wanted.Add(stream);
            _until = lsn > _until ? lsn : _until;
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        // Not under the stream's lock, which it takes again.
        ThreadPool.UnsafeQueueUserWorkItem(static self => _ = self.RunAsync(), this, preferLocal: false);
    }

    private async Task RunAsync()
    {
        try
        {
            while (Take(out Lsn until))
            {
                await log.WhenDurableAsync(until).ConfigureAwait(false);
                foreach (StreamLog stream in _telling)
                {
                    stream.OnDurable();
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
