using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Mqtt;

/// <summary>What all connections of MQTT have done. A connection adds what it has counted for itself, many packets at a time.</summary>
internal sealed class MqttCounters
{
    // Each on a line of its own.
    private const int Stride = 16;

    private readonly long[] _received = new long[(int)(MqttPacketType.Auth + 1) * Stride];
    private readonly long[] _sent = new long[(int)(MqttPacketType.Auth + 1) * Stride];
    private long _refusedConnects;
    private long _refusedMessages;
    private long _takenOver;
    private long _expired;

    /// <summary>Connects that were refused.</summary>
    public long RefusedConnects => Interlocked.Read(ref _refusedConnects);

    /// <summary>Messages of clients that were refused.</summary>
    public long RefusedMessages => Interlocked.Read(ref _refusedMessages);

    /// <summary>Connections that ended because their client has come again.</summary>
    public long TakenOver => Interlocked.Read(ref _takenOver);

    /// <summary>Messages whose life was over while they waited for a connection.</summary>
    public long Expired => Interlocked.Read(ref _expired);

    public long Received(MqttPacketType type) => Interlocked.Read(ref _received[(int)type * Stride]);

    public long Sent(MqttPacketType type) => Interlocked.Read(ref _sent[(int)type * Stride]);

    public void CountSent(MqttPacketType type, long packets = 1) => Interlocked.Add(ref _sent[(int)type * Stride], packets);

    public void CountRefusedConnect() => Interlocked.Increment(ref _refusedConnects);

    public void CountRefusedMessage() => Interlocked.Increment(ref _refusedMessages);

    public void CountTakenOver() => Interlocked.Increment(ref _takenOver);

    public void CountExpired() => Interlocked.Increment(ref _expired);

    /// <summary>Adds what one connection has counted, which is 0 afterwards.</summary>
    public void Take(ref MqttPacketCounts counts)
    {
        for (int type = 0; type <= (int)MqttPacketType.Auth; type++)
        {
            if (counts.Received[type] > 0)
            {
                Interlocked.Add(ref _received[type * Stride], counts.Received[type]);
            }

            if (counts.Sent[type] > 0)
            {
                Interlocked.Add(ref _sent[type * Stride], counts.Sent[type]);
            }
        }

        counts = default;
    }
}

/// <summary>Packets by type that a connection has received and answered lately. Only for its reading thread.</summary>
internal struct MqttPacketCounts
{
    public ByType Received;
    public ByType Sent;

    [System.Runtime.CompilerServices.InlineArray((int)MqttPacketType.Auth + 1)]
    public struct ByType
    {
        private int _first;
    }
}
