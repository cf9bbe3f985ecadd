using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>The protocol that a run of the store's benchmark speaks: how requests look, how replies are read.</summary>
internal abstract class BenchDialect
{
    public static BenchDialect Of(BenchTarget target) => target.Protocol switch
    {
        NexoProtocol => new NexoDialect(),
        RespProtocol => new RespDialect(),
        _ => throw CliFailure.Usage(
            $"bench store does not speak {target.Scheme}.", "the URL looks like nexo://HOST:PORT or redis://HOST:PORT"),
    };

    public abstract RequestTemplate Get(KeyNames names);

    /// <param name="names">The keys.</param>
    /// <param name="value">What is written.</param>
    /// <param name="ttlMs">How long it lives; 0: for ever.</param>
    /// <param name="durability">What it waits for, where the protocol can say so.</param>
    public abstract RequestTemplate Set(KeyNames names, ValuePattern value, long ttlMs, Durability durability);

    /// <param name="value">What reads should find.</param>
    /// <param name="verify">Compare the content of values too, not only their length.</param>
    /// <param name="replyBytesMax">The longest reply that the server may send.</param>
    public abstract IReplyReader CreateReader(ValuePattern value, bool verify, int replyBytesMax);
}

/// <summary>A request whose key, value and number are patched in place.</summary>
/// <param name="Frame">A whole request for key 0.</param>
/// <param name="KeyOffset">Where the key lies.</param>
/// <param name="ValueOffset">Where the value lies; 0: there is none.</param>
/// <param name="CorrelationOffset">Where the request's number lies; 0: requests have none.</param>
internal sealed record RequestTemplate(byte[] Frame, int KeyOffset, int ValueOffset, int CorrelationOffset);

/// <summary>Walks over replies.</summary>
internal interface IReplyReader
{
    /// <summary>Reads whole replies from the start of <paramref name="bytes"/>.</summary>
    /// <returns>How many bytes they are; the rest is the beginning of a reply.</returns>
    int Read(ReadOnlySpan<byte> bytes, BenchConnection connection, BenchTally tally);

    /// <summary>The size of the reply that begins so, as far as it can be told; 0: more is needed to tell.</summary>
    int SizeOf(ReadOnlySpan<byte> beginning);
}
