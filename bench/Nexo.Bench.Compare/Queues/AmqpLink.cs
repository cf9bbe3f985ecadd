using System.Buffers.Binary;
using System.Text;

namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// RabbitMQ over AMQP 0-9-1: a durable queue, persistent messages, confirms, and one acknowledgement for all that a read
/// brought. Only as much of the protocol as that needs.
/// </summary>
internal sealed class AmqpLink : QueueLink
{
    private const ushort Channel = 1;
    private const ushort BasicClass = 60;
    private const byte Durable = 0b10;
    private const byte PassiveDurable = 0b11;
    private const ushort HasDeliveryMode = 0x1000;
    private const byte Persistent = 2;
    private const uint FrameBytesMax = 128 * 1_024;

    private readonly string _queue;
    private readonly string _type;
    private readonly string? _from;
    private readonly ConfirmedNumbers _confirmed = new();
    private byte[] _beforeBody = [];

    /// <param name="type"><c>classic</c>, <c>quorum</c> or <c>stream</c>.</param>
    /// <param name="from">Of a stream, where consumers begin: <c>first</c> or <c>next</c>.</param>
    public AmqpLink(PeerConnection connection, string queue, string type, string? from = null)
        : base(connection)
    {
        _queue = queue;
        _type = type;
        _from = from;
        connection.Write("AMQP\0\0\x09\x01"u8);
        connection.Flush();
        Expect(AmqpMethod.ConnectionStart);
        Send(
            0,
            AmqpMethod.ConnectionStartOk,
            frame => frame.Table().ShortText("PLAIN").LongText("\0guest\0guest").ShortText("en_US"));
        Expect(AmqpMethod.ConnectionTune);

        // No heartbeats. (RabbitMQ refuses 0, "no bound", for the channels.)
        Send(0, AmqpMethod.ConnectionTuneOk, frame => frame.Short(Channel).Long(FrameBytesMax).Short(0));
        Send(0, AmqpMethod.ConnectionOpen, frame => frame.ShortText("/").ShortText("").Octet(0));
        Expect(AmqpMethod.ConnectionOpenOk);
        Send(Channel, AmqpMethod.ChannelOpen, frame => frame.ShortText(""));
        Expect(AmqpMethod.ChannelOpenOk);
    }

    public override void Declare(QueueWork work) => DeclareQueue(Durable);

    public override void BeginPublishing()
    {
        Send(Channel, AmqpMethod.ConfirmSelect, frame => frame.Octet(0));
        Expect(AmqpMethod.ConfirmSelectOk);
    }

    public override void WriteMessage(ReadOnlySpan<byte> body)
    {
        if (_beforeBody.Length == 0)
        {
            _beforeBody = BeforeBody(body.Length);
        }

        Connection.Write(_beforeBody);
        Connection.Write(body);
        Connection.Write([AmqpFrame.End]);
    }

    /// <summary><c>basic.ack</c>: <c>[u64 number][u8 multiple]</c>.</summary>
    public override int ReadConfirms()
    {
        ReadOnlySpan<byte> arguments = Expect(AmqpMethod.BasicAck);
        return _confirmed.Add(BinaryPrimitives.ReadUInt64BigEndian(arguments), arguments[sizeof(ulong)] != 0);
    }

    public override void BeginConsuming(int prefetch)
    {
        Send(Channel, AmqpMethod.BasicQos, frame => frame.Long(0).Short((ushort)prefetch).Octet(0));
        Expect(AmqpMethod.BasicQosOk);
        Send(Channel, AmqpMethod.BasicConsume, frame => frame
            .Short(0).ShortText(_queue).ShortText("").Octet(0).Table(_from is null ? null : "x-stream-offset", _from ?? ""));
        Expect(AmqpMethod.BasicConsumeOk);
    }

    public override int Take(int prefetch, LatencyRecorder recorder)
    {
        if (!Connection.WaitForInput())
        {
            return 0;
        }

        int taken = 0;
        ulong last = 0;
        do
        {
            last = ReadDelivery(recorder);
            taken++;
        }
        while (Connection.Buffered > 0 && taken < prefetch);
        Send(Channel, AmqpMethod.BasicAck, frame => frame.LongLong(last).Octet(1));
        return taken;
    }

    /// <summary>Messages that were delivered and not acknowledged are among them: their consumers have gone.</summary>
    public override long ReadDepth() => DeclareQueue(PassiveDurable);

    /// <summary>All frames of a message, up to its body.</summary>
    private byte[] BeforeBody(int bodyBytes)
    {
        byte[] header = new AmqpFrame()
            .Short(BasicClass).Short(0).LongLong((ulong)bodyBytes).Short(HasDeliveryMode).Octet(Persistent).ToArray();
        return new AmqpFrame()
            .Method(Channel, AmqpMethod.BasicPublish, frame => frame.Short(0).ShortText("").ShortText(_queue).Octet(0))
            .Whole(AmqpFrame.HeaderType, Channel, header)
            .Head(AmqpFrame.BodyType, Channel, bodyBytes)
            .ToArray();
    }

    /// <returns>How many messages it has: <c>queue.declare-ok</c> is <c>[text queue][u32 messages][u32 consumers]</c>.</returns>
    private long DeclareQueue(byte how)
    {
        Send(
            Channel,
            AmqpMethod.QueueDeclare,
            frame => frame.Short(0).ShortText(_queue).Octet(how).Table("x-queue-type", _type));
        ReadOnlySpan<byte> arguments = Expect(AmqpMethod.QueueDeclareOk);
        return BinaryPrimitives.ReadUInt32BigEndian(arguments[(1 + arguments[0])..]);
    }

    /// <summary><c>basic.deliver</c>: <c>[text consumer][u64 number]…</c>, the header, and the body in one frame.</summary>
    private ulong ReadDelivery(LatencyRecorder recorder)
    {
        ReadOnlySpan<byte> arguments = Expect(AmqpMethod.BasicDeliver);
        ulong number = BinaryPrimitives.ReadUInt64BigEndian(arguments[(1 + arguments[0])..]);
        ReadFrame(AmqpFrame.HeaderType);
        recorder.Received(ReadFrame(AmqpFrame.BodyType));
        return number;
    }

    private void Send(ushort channel, AmqpMethod method, Action<AmqpFrame> arguments)
    {
        Connection.Write(new AmqpFrame().Method(channel, method, arguments).ToArray());
        Connection.Flush();
    }

    /// <summary>The arguments of the next method, which must be this one.</summary>
    private ReadOnlySpan<byte> Expect(AmqpMethod expected)
    {
        ReadOnlySpan<byte> payload = ReadFrame(AmqpFrame.MethodType);
        var method = (AmqpMethod)BinaryPrimitives.ReadUInt32BigEndian(payload);
        return method == expected
            ? payload[sizeof(AmqpMethod)..]
            : throw new CompareFailure($"RabbitMQ said {method} {Encoding.ASCII.GetString(payload[sizeof(AmqpMethod)..])}");
    }

    private ReadOnlySpan<byte> ReadFrame(byte expected)
    {
        ReadOnlySpan<byte> head = Connection.Read(AmqpFrame.HeadBytes);
        byte type = head[0];
        int bytes = (int)BinaryPrimitives.ReadUInt32BigEndian(head[3..]);
        ReadOnlySpan<byte> payload = Connection.Read(bytes + 1)[..bytes];
        return type == expected ? payload : throw new CompareFailure($"RabbitMQ sent a frame of type {type}.");
    }
}
