namespace Nexo.Server.Native;

/// <summary>
/// The reads of one connection, one at a time and each on a pool thread: they may go to files, which nobody else waits for, and
/// answers that the client does not take stay few.
/// </summary>
internal sealed class StreamReadTurns(NativeConnection connection) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Queue<StreamReading> _ready = new();
    private bool _isRunning;

    /// <summary>Gives a read its turn, behind those that are in the line.</summary>
    public void Add(StreamReading reading)
    {
        lock (_gate)
        {
            _ready.Enqueue(reading);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>One turn.</summary>
    public void Execute()
    {
        if (connection.BytesPending > connection.Server.Options.ReplyBytesMax)
        {
            _ = GoOnWhenTakenAsync();
            return;
        }

        if (TryTake(out StreamReading? reading))
        {
            reading.Run();

            // Others on this pool are not to wait for a client that reads all the time.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out StreamReading? reading)
    {
        lock (_gate)
        {
            _isRunning = _ready.TryDequeue(out reading);
            return _isRunning;
        }
    }

    private async Task GoOnWhenTakenAsync()
    {
        await connection.WhenTakenAsync();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
