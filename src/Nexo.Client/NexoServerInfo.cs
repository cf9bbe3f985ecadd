using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>What the server said of itself when the connection was made.</summary>
/// <param name="ServerId">New at every start of the server.</param>
/// <param name="Version">The server's version, as text.</param>
/// <param name="ProtocolVersion">The version of the protocol that both speak.</param>
/// <param name="FrameBytesMax">The largest frame that the server accepts, in bytes.</param>
/// <param name="InFlightMax">Requests that may wait for their answers on one connection.</param>
/// <param name="KeyBytesMax">The longest key, in bytes.</param>
/// <param name="ValueBytesMax">The longest value, in bytes.</param>
/// <param name="IdleTimeout">After this long without a byte from the client the server closes; zero: never.</param>
public sealed record NexoServerInfo(
    Guid ServerId,
    string Version,
    int ProtocolVersion,
    long FrameBytesMax,
    long InFlightMax,
    long KeyBytesMax,
    long ValueBytesMax,
    TimeSpan IdleTimeout)
{
    internal const string DefaultNamespace = "default";

    /// <summary>The namespace that the connection is in; <c>default</c> unless the user is bound to another, or asked for one.</summary>
    public string Namespace { get; init; } = DefaultNamespace;

    internal static NexoServerInfo From(HelloReply hello) => new(
        hello.ServerId,
        hello.ServerVersion,
        hello.Version,
        hello.FrameBytesMax,
        hello.InFlightMax,
        hello.KeyBytesMax,
        hello.ValueBytesMax,
        TimeSpan.FromMilliseconds(hello.IdleTimeoutMs))
    {
        Namespace = hello.Namespace ?? DefaultNamespace,
    };
}
