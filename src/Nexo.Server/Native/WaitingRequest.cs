using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>A request that is answered when it is done and holds up nothing: exactly once, whatever happens.</summary>
internal abstract class WaitingRequest
{
    /// <summary>Begins, once the replies before it have been sent.</summary>
    public abstract void Start();

    /// <summary>CANCEL came, or the connection has ended.</summary>
    public abstract void Cancel();

    /// <summary>Whether who has this access may go on waiting. What is only done later was looked at when it came.</summary>
    public virtual bool IsAllowed(Access access) => true;
}
