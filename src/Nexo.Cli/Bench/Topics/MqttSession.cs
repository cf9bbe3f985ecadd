using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench.Topics;

/// <summary>Reads PUBLISH with QoS 0, and the answers to subscribing.</summary>
internal sealed class MqttSession : TopicSession
{
    private const int FiltersPerPacketMax = 500;
    private const byte RefusedBit = 0x80;
    private const byte QosBits = 0x06;
    private const byte TypeBits = 0xF0;

    private ushort _packetId;

    public override int Subscribe(IBufferWriter<byte> output, IReadOnlyList<string> filters) =>
        WritePackets(output, MqttPacket.Subscribe, filters);

    public override int Unsubscribe(IBufferWriter<byte> output, IReadOnlyList<string> filters) =>
        WritePackets(output, MqttPacket.Unsubscribe, filters);

    public override int Read(ReadOnlySpan<byte> bytes, TopicInbox inbox, BenchSocket connection)
    {
        int at = 0;
        while (true)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            int head = MqttPacket.ReadHead(rest, out int length);
            if (head == 0 || rest.Length - head < length)
            {
                return at;
            }

            ReadPacket(rest[0], rest.Slice(head, length), inbox);
            at += head + length;
        }
    }

    public override int SizeOf(ReadOnlySpan<byte> beginning)
    {
        int head = MqttPacket.ReadHead(beginning, out int length);
        return head == 0 ? 0 : head + length;
    }

    private static void ReadPacket(byte first, ReadOnlySpan<byte> packet, TopicInbox inbox)
    {
        if ((first & (TypeBits | QosBits)) == MqttPacket.Publish)
        {
            inbox.Message(packet[(sizeof(ushort) + BinaryPrimitives.ReadUInt16BigEndian(packet))..]);
            return;
        }

        if (first is not (MqttPacket.Suback or MqttPacket.Unsuback)
            || packet[sizeof(ushort)..].ContainsAnyInRange(RefusedBit, byte.MaxValue))
        {
            throw new CliFailure(
                ExitCode.Refused, "protocol", $"The server sent {first:X2}, or refused a filter: {Convert.ToHexString(packet)}.");
        }

        inbox.Answered();
    }

    private int WritePackets(IBufferWriter<byte> output, byte type, IReadOnlyList<string> filters)
    {
        int packets = 0;
        foreach (string[] chunk in filters.Chunk(FiltersPerPacketMax))
        {
            var packet = new ArrayBufferWriter<byte>();
            MqttPacket.WriteNumber(packet, _packetId = (ushort)((_packetId % ushort.MaxValue) + 1));
            foreach (string filter in chunk)
            {
                MqttPacket.WriteText(packet, Encoding.UTF8.GetBytes(filter));
                if (type == MqttPacket.Subscribe)
                {
                    packet.Write([(byte)0]);
                }
            }

            MqttPacket.WriteHead(output, type, packet.WrittenCount);
            output.Write(packet.WrittenSpan);
            packets++;
        }

        return packets;
    }
}
