using System.Net;
using Nexo.Protocol;

namespace Nexo.Server.Security;

/// <summary>Decides whether a client is who it says it is. Thread-safe.</summary>
public interface IAuthenticator
{
    /// <summary>False: a HELLO without credentials is accepted.</summary>
    bool Required { get; }

    /// <summary>
    /// Verifies the credentials of a HELLO, off the calling thread where that takes more than microseconds. Refusals
    /// are values: failed, missing, or throttled, which the client may try again.
    /// </summary>
    ValueTask<AuthResult> VerifyAsync(HelloRequest hello, EndPoint? remote, CancellationToken cancel);
}
