using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>How a connection of a protocol begins.</summary>
internal abstract class BenchProtocol
{
    public abstract byte[] Greeting(HelloRequest hello);

    /// <summary>
    /// Reads what has come after the greeting. Null: more is needed.
    /// </summary>
    /// <exception cref="Terminal.CliFailure">The server refused, or speaks something else.</exception>
    public abstract HelloReply? ReadWelcome(ReadOnlySpan<byte> received, BenchTarget target);

    /// <summary>What a server is taken to say that tells no limits: 0 stands for none.</summary>
    /// <param name="version">What it says that it is.</param>
    protected static HelloReply Unlimited(string version) => new()
    {
        Version = 0,
        ServerId = Guid.Empty,
        ServerVersion = version,
        FrameBytesMax = 0,
        InFlightMax = 0,
        KeyBytesMax = 0,
        ValueBytesMax = 0,
        IdleTimeoutMs = 0,
    };
}
