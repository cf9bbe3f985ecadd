using System.Buffers.Binary;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Observability;

namespace Nexo.Server.Mqtt;

// Which of its packets are slow.
internal sealed partial class MqttConnection
{
    protected override SlowSubject DescribeBatch(ReadOnlySpan<byte> received)
    {
        if (MqttFixedHeader.TryRead(received, out MqttFixedHeader header) != MqttHeaderStatus.Complete
            || header.Type == MqttPacketType.Reserved
            || !header.HasFlagsOfType)
        {
            return new SlowSubject("packets", string.Empty);
        }

        ReadOnlySpan<byte> rest = received[header.Size..];
        bool hasTopic = header.Type == MqttPacketType.Publish
            && BinaryPrimitives.TryReadUInt16BigEndian(rest, out ushort length)
            && length + 2 <= Math.Min(rest.Length, header.Length);
        return new SlowSubject(
            header.Type.ToString(),
            hasTopic ? SlowLog.Shown(rest.Slice(2, BinaryPrimitives.ReadUInt16BigEndian(rest))) : string.Empty);
    }

    internal override SlowSubject DescribeReplies(ReadOnlySpan<byte> replies) =>
        MqttFixedHeader.TryRead(replies, out MqttFixedHeader header) == MqttHeaderStatus.Complete
            ? new SlowSubject(header.Type.ToString(), string.Empty)
            : new SlowSubject("packets", string.Empty);
}
