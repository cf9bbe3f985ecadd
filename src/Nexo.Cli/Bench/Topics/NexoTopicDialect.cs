using System.Text;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Topics;

/// <summary>Topics in the Nexo protocol.</summary>
/// <param name="frameBytesMax">The largest frame that the server sends.</param>
internal sealed class NexoTopicDialect(int frameBytesMax) : TopicDialect
{
    private const int CorrelationOffset = FrameHeader.Size - sizeof(uint);

    public override bool Confirms => true;

    public override PublishTemplate Publish(string topic, ReadOnlySpan<byte> body, bool confirmed)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.TopicPublish, confirmed ? FrameKind.Request : FrameKind.Notice, 0);
        new TopicPublishRequest
        {
            Message = new TopicPublication { Topic = Encoding.UTF8.GetBytes(topic), Body = body },
        }.Write(buffer);
        buffer.End();
        return new PublishTemplate(buffer.Written.ToArray(), buffer.Written.Length - body.Length, CorrelationOffset);
    }

    public override TopicSession NewSession() => new NexoTopicSession(frameBytesMax);
}
