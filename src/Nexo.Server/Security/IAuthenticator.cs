using System.Net;
using Nexo.Protocol;

namespace Nexo.Server.Security;

/// <summary>Decides whether a client is who it says it is, and what it may do. Thread-safe.</summary>
internal interface IAuthenticator
{
    /// <summary>False: a HELLO without credentials is accepted.</summary>
    bool Required { get; }

    /// <summary>
    /// Verifies the credentials of a HELLO, or without any the client certificate, off the calling thread where that takes more than
    /// microseconds. Refusals are values: failed, missing, or throttled, which the client may try again.
    /// </summary>
    /// <param name="hello">The credentials.</param>
    /// <param name="certificate">CN and subject alternative names of a client certificate that was verified; empty: there is none.</param>
    /// <param name="remote">Where they come from.</param>
    /// <param name="cancel">Gives up waiting.</param>
    ValueTask<AuthResult> VerifyAsync(
        HelloRequest hello, IReadOnlyList<string> certificate, EndPoint? remote, CancellationToken cancel);

    /// <summary>Who a client certificate is that was verified; null: nobody here.</summary>
    AuthResult? AcceptCertificate(IReadOnlyList<string> names, EndPoint? remote);

    /// <summary>What somebody who has logged in may do now in a namespace; false: nothing any more, he is to go.</summary>
    bool TryResolve(in AuthResult login, string space, out Access access);
}
