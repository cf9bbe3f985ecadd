using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Nexo.Bench.Compare.Queues;
using Nexo.Cli.Bench;
using Nexo.Cli.Bench.Topics;
using Nexo.Protocol;

namespace Nexo.Bench.Compare.Matching;

/// <summary>A client of MQTT 3.1.1 that waits for each answer. Bodies are numbers.</summary>
internal sealed class MqttClient : IDisposable
{
    private const byte RefusedBit = 0x80;
    private const int PacketId = 1;

    private readonly PeerConnection _connection;

    public MqttClient(int port)
    {
        _connection = new PeerConnection(port);
        _connection.Write(new MqttProtocol().Greeting(new HelloRequest { ClientName = "compare" }));
        _connection.Flush();
        Expect(MqttPacket.Connack);
    }

    /// <returns>False: the server answered that it refuses.</returns>
    public bool Subscribe(string filter)
    {
        Send(MqttPacket.Subscribe, filter, [0]);
        return (Expect(MqttPacket.Suback)[^1] & RefusedBit) == 0;
    }

    public void Unsubscribe(string filter)
    {
        Send(MqttPacket.Unsubscribe, filter, []);
        Expect(MqttPacket.Unsuback);
    }

    /// <summary>Publishes at the next <see cref="Flush"/>.</summary>
    public void Publish(string topic, int number)
    {
        var packet = new ArrayBufferWriter<byte>();
        byte[] utf8 = Encoding.UTF8.GetBytes(topic);
        MqttPacket.WriteHead(packet, MqttPacket.Publish, sizeof(ushort) + utf8.Length + sizeof(int));
        MqttPacket.WriteText(packet, utf8);
        BinaryPrimitives.WriteInt32LittleEndian(packet.GetSpan(sizeof(int)), number);
        packet.Advance(sizeof(int));
        _connection.Write(packet.WrittenSpan);
    }

    public void Flush() => _connection.Flush();

    /// <summary>The numbers of the messages that come before this one.</summary>
    public List<int> ReadUntil(int last)
    {
        var numbers = new List<int>();
        while (true)
        {
            ReadOnlySpan<byte> packet = Expect(MqttPacket.Publish);
            int number = BinaryPrimitives.ReadInt32LittleEndian(packet[^sizeof(int)..]);
            if (number == last)
            {
                return numbers;
            }

            numbers.Add(number);
        }
    }

    public void Dispose() => _connection.Dispose();

    private void Send(byte type, string filter, ReadOnlySpan<byte> options)
    {
        var packet = new ArrayBufferWriter<byte>();
        byte[] utf8 = Encoding.UTF8.GetBytes(filter);
        MqttPacket.WriteHead(packet, type, sizeof(ushort) + sizeof(ushort) + utf8.Length + options.Length);
        MqttPacket.WriteNumber(packet, PacketId);
        MqttPacket.WriteText(packet, utf8);
        packet.Write(options);
        _connection.Write(packet.WrittenSpan);
        _connection.Flush();
    }

    private ReadOnlySpan<byte> Expect(byte type)
    {
        byte first = _connection.Read(1)[0];
        int length = 0;
        int shift = 0;
        byte next;
        do
        {
            next = _connection.Read(1)[0];
            length |= (next & 0x7F) << shift;
            shift += 7;
        }
        while (next > 0x7F);
        ReadOnlySpan<byte> packet = _connection.Read(length);
        return first == type
            ? packet
            : throw new CompareFailure($"mosquitto sent {first:X2} {Convert.ToHexString(packet)} where {type:X2} was due.");
    }
}
