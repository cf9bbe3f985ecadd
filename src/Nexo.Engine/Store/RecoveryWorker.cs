namespace Nexo.Engine.Store;

/// <summary>
/// Applies the records of some shards on a thread of its own: one batch is applied while the next fills.
/// </summary>
internal sealed class RecoveryWorker : IDisposable
{
    private readonly Action<RecoveryBatch> _apply;
    private readonly SemaphoreSlim _ready = new(0);
    private readonly SemaphoreSlim _idle = new(1);
    private readonly Thread _thread;
    private RecoveryBatch _filling = new();
    private RecoveryBatch _applying = new();
    private volatile Exception? _failure;
    private volatile bool _stopped;

    public RecoveryWorker(Action<RecoveryBatch> apply)
    {
        _apply = apply;
        _thread = new Thread(Run) { IsBackground = true, Name = "nexo recovery" };
        _thread.Start();
    }

    /// <summary>What is to be applied next; hand it over when it is full.</summary>
    public RecoveryBatch Filling => _filling;

    /// <summary>Gives the filled batch to the thread, as soon as that is done with the one before.</summary>
    /// <exception cref="InvalidDataException">A record of an earlier batch was not valid.</exception>
    public void HandOver()
    {
        _idle.Wait();
        ThrowIfFailed();
        (_filling, _applying) = (_applying, _filling);
        _ready.Release();
    }

    /// <summary>Waits until all is applied.</summary>
    /// <exception cref="InvalidDataException">A record was not valid.</exception>
    public void Finish()
    {
        HandOver();
        _idle.Wait();
        _idle.Release();
        ThrowIfFailed();
    }

    public void Dispose()
    {
        if (!_stopped)
        {
            _stopped = true;
            _ready.Release();
            _thread.Join();
            _ready.Dispose();
            _idle.Dispose();
        }
    }

    private void Run()
    {
        while (true)
        {
            _ready.Wait();
            if (_stopped)
            {
                return;
            }

            try
            {
                _apply(_applying);
            }
            catch (Exception failure)
            {
                _failure = failure;
            }

            _applying.Clear();
            _idle.Release();
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            _idle.Release();
            throw failure is InvalidDataException
                ? failure
                : new InvalidOperationException("Recovery has failed.", failure);
        }
    }
}
