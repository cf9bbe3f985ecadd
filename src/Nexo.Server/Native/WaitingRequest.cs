namespace Nexo.Server.Native;

/// <summary>A request that is answered when it is done and holds up nothing: exactly once, whatever happens.</summary>
internal abstract class WaitingRequest
{
    /// <summary>Begins, once the replies before it have been sent.</summary>
    public abstract void Start();

    /// <summary>CANCEL came, or the connection has ended.</summary>
    public abstract void Cancel();
}
