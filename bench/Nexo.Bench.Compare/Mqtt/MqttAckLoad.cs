using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using Nexo.Cli.Bench.Topics;

namespace Nexo.Bench.Compare.Mqtt;

/// <summary>What a run has found.</summary>
/// <param name="Confirmed">Messages whose PUBACK has come.</param>
/// <param name="Delivered">Messages that the subscriber has got.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Wrong">Messages that came twice, out of order or not at all.</param>
/// <param name="LatenciesUs">From a message's sending to its PUBACK or, with a subscriber, to its arrival there; in ascending order.</param>
internal sealed record MqttAckResult(long Confirmed, long Delivered, double Seconds, long Wrong, double[] LatenciesUs)
{
    public double LatencyUs(double percent) =>
        LatenciesUs.Length == 0 ? 0 : LatenciesUs[Math.Min(LatenciesUs.Length - 1, (int)(LatenciesUs.Length * percent / 100))];
}

/// <summary>
/// One publisher with QoS 1 and a window, and perhaps one subscriber with QoS 1, on one thread: MQTT 3.1.1, the same for all servers. Each
/// message carries its number and when it was sent.
/// </summary>
internal sealed class MqttAckLoad : IDisposable
{
    private const byte Publish1 = MqttPacket.Publish | 0x02;
    private const byte Puback = 0x40;
    private const int PubackBytes = 4;
    private const int StampBytes = 2 * sizeof(long);
    private const int SampleEach = 16;
    private static readonly byte[] Topic = "bench/qos1"u8.ToArray();
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(10);

    private readonly Socket _publisher;
    private readonly Socket? _subscriber;
    private readonly int _window;
    private readonly byte[] _packet;
    private readonly int _idAt;
    private readonly byte[] _out;
    private readonly byte[] _in = new byte[256 * 1_024];
    private readonly byte[] _fromServer = new byte[256 * 1_024];
    private readonly ArrayBufferWriter<byte> _acks = new();
    private readonly List<double> _latencies = [];
    private readonly long[] _sentAt = new long[ushort.MaxValue + 1];
    private int _kept;
    private int _ackKept;
    private long _sent;
    private long _confirmed;
    private long _delivered;
    private long _wrong;

    public MqttAckLoad(Func<Socket> connect, int bodyBytes, int window, bool withSubscriber)
    {
        var packet = new ArrayBufferWriter<byte>();
        MqttPacket.WriteHead(packet, Publish1, sizeof(ushort) + Topic.Length + sizeof(ushort) + bodyBytes);
        MqttPacket.WriteText(packet, Topic);
        _idAt = packet.WrittenCount;
        packet.Write(new byte[sizeof(ushort) + bodyBytes]);
        _packet = packet.WrittenSpan.ToArray();
        _window = window;
        _out = new byte[_packet.Length * window];
        _publisher = connect();
        _publisher.Blocking = true;
        if (withSubscriber)
        {
            _subscriber = connect();
            _subscriber.Blocking = true;
            Subscribe(_subscriber);
        }
    }

    // What is under way is what the slower end has not seen.
    private long Done => _subscriber is null ? _confirmed : Math.Min(_confirmed, _delivered);

    public MqttAckResult Run(TimeSpan duration)
    {
        long confirmedBefore = _confirmed;
        long deliveredBefore = _delivered;
        _latencies.Clear();
        long begin = Stopwatch.GetTimestamp();
        long last = begin;
        List<Socket> readable = [];
        bool isOver = false;
        while (!isOver || Done < _sent)
        {
            isOver |= Stopwatch.GetElapsedTime(begin) > duration;
            if (!isOver)
            {
                Send();
            }

            readable.Clear();
            readable.Add(_publisher);
            if (_subscriber is not null)
            {
                readable.Add(_subscriber);
            }

            Socket.Select(readable, null, null, TimeSpan.FromSeconds(1));
            foreach (Socket socket in readable)
            {
                last = Stopwatch.GetTimestamp();
                if (socket == _publisher)
                {
                    ReadAcks();
                }
                else
                {
                    ReadMessages(socket);
                }
            }

            if (Stopwatch.GetElapsedTime(last) > SilenceMax)
            {
                _wrong += _sent - Done;
                break;
            }
        }

        double[] latencies = [.. _latencies];
        Array.Sort(latencies);
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return new MqttAckResult(_confirmed - confirmedBefore, _delivered - deliveredBefore, seconds, _wrong, latencies);
    }

    public void Dispose()
    {
        _publisher.Dispose();
        _subscriber?.Dispose();
    }

    private static void Subscribe(Socket socket)
    {
        var content = new ArrayBufferWriter<byte>();
        MqttPacket.WriteNumber(content, 1);
        MqttPacket.WriteText(content, Topic);
        content.Write([(byte)1]);
        var packet = new ArrayBufferWriter<byte>();
        MqttPacket.WriteHead(packet, MqttPacket.Subscribe, content.WrittenCount);
        packet.Write(content.WrittenSpan);
        socket.Send(packet.WrittenSpan);
        byte[] answer = new byte[5];
        for (int at = 0; at < answer.Length;)
        {
            int received = socket.Receive(answer.AsSpan(at));
            at += received > 0 ? received : throw new CompareFailure("The server has closed the subscriber's connection.");
        }

        if (answer is not [MqttPacket.Suback, _, _, _, 1])
        {
            throw new CompareFailure($"The server has not granted QoS 1: {Convert.ToHexString(answer)}.");
        }
    }

    private void Send()
    {
        int at = 0;
        long now = Stopwatch.GetTimestamp();
        while (_sent - Done < _window && at < _out.Length)
        {
            _sent++;
            ushort id = (ushort)(((_sent - 1) % ushort.MaxValue) + 1);
            _sentAt[id] = now;
            _packet.CopyTo(_out, at);
            Span<byte> rest = _out.AsSpan(at + _idAt);
            BinaryPrimitives.WriteUInt16BigEndian(rest, id);
            BinaryPrimitives.WriteInt64LittleEndian(rest[sizeof(ushort)..], now);
            BinaryPrimitives.WriteInt64LittleEndian(rest[(sizeof(ushort) + sizeof(long))..], _sent);
            at += _packet.Length;
        }

        if (at > 0)
        {
            _publisher.Send(_out.AsSpan(0, at));
        }
    }

    private void ReadAcks()
    {
        int count = _ackKept + Receive(_publisher, _fromServer.AsSpan(_ackKept));
        int at = 0;
        long now = Stopwatch.GetTimestamp();
        for (; count - at >= PubackBytes; at += PubackBytes)
        {
            if (_fromServer[at] != Puback)
            {
                throw new CompareFailure($"The server sent {_fromServer[at]:X2} in place of a PUBACK.");
            }

            if (++_confirmed % SampleEach == 0 && _subscriber is null)
            {
                ushort id = BinaryPrimitives.ReadUInt16BigEndian(_fromServer.AsSpan(at + 2));
                _latencies.Add(Stopwatch.GetElapsedTime(_sentAt[id], now).TotalMicroseconds);
            }
        }

        _ackKept = count - at;
        _fromServer.AsSpan(at, _ackKept).CopyTo(_fromServer);
    }

    private void ReadMessages(Socket socket)
    {
        int count = _kept + Receive(socket, _in.AsSpan(_kept));
        int at = 0;
        long now = Stopwatch.GetTimestamp();
        _acks.Clear();
        while (MqttPacket.ReadHead(_in.AsSpan(at, count - at), out int length) is var head && head > 0 && count - at >= head + length)
        {
            ReadOnlySpan<byte> content = _in.AsSpan(at + head, length);
            int idAt = sizeof(ushort) + BinaryPrimitives.ReadUInt16BigEndian(content);
            _acks.Write([Puback, (byte)2, content[idAt], content[idAt + 1]]);
            ReadOnlySpan<byte> stamp = content.Slice(idAt + sizeof(ushort), StampBytes);
            _wrong += BinaryPrimitives.ReadInt64LittleEndian(stamp[sizeof(long)..]) == ++_delivered ? 0 : 1;
            if (_delivered % SampleEach == 0)
            {
                _latencies.Add(Stopwatch.GetElapsedTime(BinaryPrimitives.ReadInt64LittleEndian(stamp), now).TotalMicroseconds);
            }

            at += head + length;
        }

        _kept = count - at;
        _in.AsSpan(at, _kept).CopyTo(_in);
        if (_acks.WrittenCount > 0)
        {
            socket.Send(_acks.WrittenSpan);
        }
    }

    private static int Receive(Socket socket, Span<byte> target) => socket.Receive(target) is var count && count > 0
        ? count
        : throw new CompareFailure("The server has closed a connection.");
}
