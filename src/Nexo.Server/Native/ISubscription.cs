using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Something that pushes to its connection, under credits, until it is ended. All members are thread-safe.</summary>
internal interface ISubscription
{
    /// <summary>Lets pushes flow: called once, after the reply that opened the subscription is on its way.</summary>
    void Start();

    void AddCredits(uint credits);

    /// <summary>Whether who has this access may have it: what it pushes may be seen.</summary>
    bool IsAllowed(Access access);

    /// <summary>Pushes nothing more and tells the client why; the second call does nothing.</summary>
    void End(ErrorCode code, string message);
}
