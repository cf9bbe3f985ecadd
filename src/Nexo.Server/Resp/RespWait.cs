namespace Nexo.Server.Resp;

/// <summary>
/// A client's wait in a blocking command. Others end it, from any thread, when it or the server goes, or when they are asked to.
/// </summary>
internal sealed class RespWait(CancellationToken closed) : IDisposable
{
    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(closed);
    private int _isOver;

    /// <summary>Cancelled when it has ended before its time.</summary>
    public CancellationToken Token => _ended.Token;

    /// <summary>True when the client is to get an error for it, false: as if its time had been up.</summary>
    public bool EndsWithError { get; private set; }

    /// <summary>Ends it; false: it was over.</summary>
    public bool End(bool withError)
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
        {
            return false;
        }

        EndsWithError = withError;
        try
        {
            _ended.Cancel();
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    public void Dispose() => _ended.Dispose();
}
