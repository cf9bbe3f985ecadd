using System.Buffers;
using System.Text;

namespace Nexo.Cli.Bench.Topics;

/// <summary>MQTT 3.1.1 with QoS 0.</summary>
internal sealed class MqttDialect : TopicDialect
{
    public override PublishTemplate Publish(string topic, ReadOnlySpan<byte> body, bool confirmed)
    {
        var frame = new ArrayBufferWriter<byte>();
        byte[] utf8 = Encoding.UTF8.GetBytes(topic);
        MqttPacket.WriteHead(frame, MqttPacket.Publish, sizeof(ushort) + utf8.Length + body.Length);
        MqttPacket.WriteText(frame, utf8);
        int bodyOffset = frame.WrittenCount;
        frame.Write(body);
        return new PublishTemplate(frame.WrittenSpan.ToArray(), bodyOffset);
    }

    public override TopicSession NewSession() => new MqttSession();
}
