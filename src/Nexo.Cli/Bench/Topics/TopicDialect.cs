using System.Buffers;

namespace Nexo.Cli.Bench.Topics;

/// <summary>A protocol with topics, as the generator speaks it. Topics and filters are given in MQTT's form.</summary>
internal abstract class TopicDialect
{
    /// <summary>A message that nobody confirms.</summary>
    public abstract PublishTemplate Publish(string topic, ReadOnlySpan<byte> body);

    /// <summary>What one connection keeps in mind.</summary>
    public abstract TopicSession NewSession();
}

/// <summary>A whole publish, whose body is patched in place.</summary>
internal readonly record struct PublishTemplate(byte[] Frame, int BodyOffset);

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
