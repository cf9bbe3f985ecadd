using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Nexo.Crash.Wire;

namespace Nexo.Crash.Mqtt;

/// <summary>A packet of MQTT 3.1.1, without its length.</summary>
/// <param name="Type">The upper four bits of its first byte.</param>
/// <param name="Flags">The lower four.</param>
internal sealed record MqttPacket(int Type, int Flags, byte[] Body)
{
    public const int Connack = 2;
    public const int Publish = 3;
    public const int Puback = 4;
    public const int Pubrec = 5;
    public const int Pubrel = 6;
    public const int Pubcomp = 7;
    public const int Subscribe = 8;
    public const int Suback = 9;

    /// <summary>Of an acknowledgement.</summary>
    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(Body);
}

/// <summary>A connection of MQTT 3.1.1 with nothing behind it: written and read byte by byte, to know what was said.</summary>
internal sealed class MqttWire : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly byte[] _byte = new byte[1];
    private Stream _stream = Stream.Null;
    private Stream _buffered = Stream.Null;

    /// <summary>The server had a session of this client.</summary>
    public bool WasPresent { get; private set; }

    /// <summary>Connects with a session that lasts, or with one that ends with the connection.</summary>
    /// <exception cref="WireEndedException">The server is gone, or refuses it.</exception>
    public static async Task<MqttWire> OpenAsync(int port, string client, CancellationToken cancel, bool isClean = false)
    {
        var wire = new MqttWire();
        try
        {
            await wire._client.ConnectAsync(IPAddress.Loopback, port, cancel);
            wire._stream = wire._client.GetStream();
            wire._buffered = new BufferedStream(wire._stream);
            byte[] id = Encoding.UTF8.GetBytes(client);
            await wire.SendAsync(
                0x10, [0, 4, .. "MQTT"u8, 4, isClean ? (byte)2 : (byte)0, 0, 0, (byte)(id.Length >> 8), (byte)id.Length, .. id], cancel);
            MqttPacket answer = await wire.ReadAsync(cancel);
            if (answer.Type != MqttPacket.Connack || answer.Body is not [_, 0])
            {
                throw new WireEndedException($"CONNECT was answered with {answer.Type} {Convert.ToHexString(answer.Body)}");
            }

            wire.WasPresent = (answer.Body[0] & 1) != 0;
            return wire;
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            wire.Dispose();
            throw new WireEndedException(failure.Message, failure);
        }
        catch
        {
            wire.Dispose();
            throw;
        }
    }

    public Task PublishAsync(string topic, byte[] body, int quality, ushort id, bool isAgain, CancellationToken cancel)
    {
        byte[] name = Encoding.UTF8.GetBytes(topic);
        int first = 0x30 | (isAgain ? 8 : 0) | (quality << 1);
        return SendAsync(
            (byte)first, [(byte)(name.Length >> 8), (byte)name.Length, .. name, (byte)(id >> 8), (byte)id, .. body], cancel);
    }

    /// <summary>An acknowledgement.</summary>
    public Task SendAsync(int type, ushort id, CancellationToken cancel) =>
        SendAsync((byte)((type << 4) | (type == MqttPacket.Pubrel ? 2 : 0)), [(byte)(id >> 8), (byte)id], cancel);

    public Task SubscribeAsync(string filter, int quality, CancellationToken cancel)
    {
        byte[] name = Encoding.UTF8.GetBytes(filter);
        return SendAsync(0x82, [0, 1, (byte)(name.Length >> 8), (byte)name.Length, .. name, (byte)quality], cancel);
    }

    /// <exception cref="WireEndedException">The server is gone, or says nothing.</exception>
    public async Task<MqttPacket> ReadAsync(CancellationToken cancel)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        late.CancelAfter(AnswerWithin);
        try
        {
            int first = await ReadByteAsync(late.Token);
            int length = 0;
            for (int shift = 0; ; shift += 7)
            {
                int next = await ReadByteAsync(late.Token);
                length |= (next & 0x7F) << shift;
                if (next < 0x80)
                {
                    break;
                }
            }

            byte[] body = new byte[length];
            await _buffered.ReadExactlyAsync(body, late.Token);
            return new MqttPacket(first >> 4, first & 0x0F, body);
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException)
        {
            throw new WireEndedException(failure.Message, failure);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new WireEndedException($"nothing came for {AnswerWithin.TotalSeconds} s");
        }
    }

    public void Dispose()
    {
        _buffered.Dispose();
        _stream.Dispose();
        _client.Dispose();
    }

    private async Task SendAsync(byte first, byte[] body, CancellationToken cancel)
    {
        var packet = new List<byte>(body.Length + 5) { first };
        int length = body.Length;
        do
        {
            packet.Add((byte)((length & 0x7F) | (length > 0x7F ? 0x80 : 0)));
            length >>= 7;
        }
        while (length > 0);
        packet.AddRange(body);
        try
        {
            await _stream.WriteAsync(packet.ToArray(), cancel);
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException)
        {
            throw new WireEndedException(failure.Message, failure);
        }
    }

    private async Task<int> ReadByteAsync(CancellationToken cancel)
    {
        await _buffered.ReadExactlyAsync(_byte, cancel);
        return _byte[0];
    }
}
