using System.Buffers;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Topics;

/// <summary>A protocol with topics, as the generator speaks it. Topics and filters are given in MQTT's form.</summary>
internal abstract class TopicDialect
{
    /// <param name="target">Where it is spoken.</param>
    /// <param name="server">What the server said to the greeting.</param>
    public static TopicDialect Of(BenchTarget target, HelloReply server) => target.Protocol switch
    {
        NexoProtocol => new NexoTopicDialect(BenchFrames.BytesMaxOf(server)),
        NatsProtocol => new NatsDialect(),
        MqttProtocol => new MqttDialect(),
        _ => throw CliFailure.Usage(
            $"bench pubsub does not speak {target.Scheme}.",
            "the URL looks like nexo://HOST:PORT, nats://HOST:PORT or mqtt://HOST:PORT"),
    };

    /// <summary>Whether the server can be asked to confirm messages.</summary>
    public virtual bool Confirms => false;

    /// <summary>A message.</summary>
    /// <param name="topic">Where it goes.</param>
    /// <param name="body">Of which the beginning is patched.</param>
    /// <param name="confirmed">Whether the server is to confirm it; only where it <see cref="Confirms"/>.</param>
    public abstract PublishTemplate Publish(string topic, ReadOnlySpan<byte> body, bool confirmed);

    /// <summary>What one connection keeps in mind.</summary>
    public abstract TopicSession NewSession();
}

/// <summary>A whole publish, which is patched in place.</summary>
/// <param name="Frame">Its bytes.</param>
/// <param name="BodyOffset">Where the body lies.</param>
/// <param name="CorrelationOffset">Where the number lies by which a confirm names it; used only when it is confirmed.</param>
internal readonly record struct PublishTemplate(byte[] Frame, int BodyOffset, int CorrelationOffset = 0);

/// <summary>One connection's side of a protocol: subscribes, and reads what comes.</summary>
internal abstract class TopicSession
{
    /// <summary>Writes what subscribes to these filters, beside those that there are.</summary>
    /// <returns>How many answers there will be.</returns>
    public abstract int Subscribe(IBufferWriter<byte> output, IReadOnlyList<string> filters);

    /// <summary>Writes what ends the subscription to these filters.</summary>
    /// <returns>How many answers there will be.</returns>
    public abstract int Unsubscribe(IBufferWriter<byte> output, IReadOnlyList<string> filters);

    /// <summary>
    /// Reads what is whole from the start of <paramref name="bytes"/>, and sends what is owed for it: credits, an answer to
    /// a ping.
    /// </summary>
    /// <returns>How many bytes that was; the rest is the beginning of something.</returns>
    public abstract int Read(ReadOnlySpan<byte> bytes, TopicInbox inbox, BenchSocket connection);

    /// <summary>The size of what begins so, as far as it can be told; 0: more is needed to tell.</summary>
    public abstract int SizeOf(ReadOnlySpan<byte> beginning);
}
