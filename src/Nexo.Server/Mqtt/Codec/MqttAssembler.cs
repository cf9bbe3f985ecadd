using Nexo.Server.Connections;

namespace Nexo.Server.Mqtt.Codec;

/// <summary>Takes the packets that a <see cref="MqttAssembler"/> finds.</summary>
internal interface IMqttPacketSink
{
    /// <summary>Handles one whole packet; the body belongs to the socket and dies with the call.</summary>
    /// <returns>False: stop feeding for now; what was not consumed is fed again later.</returns>
    bool OnPacket(in MqttFixedHeader header, ReadOnlySpan<byte> body);

    /// <summary>The stream is broken, or a packet too large. Nothing is fed after it.</summary>
    void OnBroken(MqttReason reason);
}

/// <summary>
/// Cuts received bytes into packets. A packet that lies whole in what was fed is handed over in place; only one that is split over two
/// reads is copied together.
/// </summary>
internal sealed class MqttAssembler(int packetBytesMax) : IDisposable
{
    private SplitBytes _partial;

    /// <summary>The largest packet, header included; it grows when the peer has authenticated.</summary>
    public int PacketBytesMax { get; set; } = packetBytesMax;

    /// <summary>True while a packet has begun and not ended.</summary>
    public bool IsInPacket => _partial.Count > 0;

    /// <summary>Bytes of it that have come.</summary>
    public int PartialBytes => _partial.Count;

    /// <summary>Consumes bytes until they are used up or the sink wants to stop.</summary>
    /// <returns>How many bytes were consumed.</returns>
    public int Feed<TSink>(ReadOnlySpan<byte> bytes, TSink sink)
        where TSink : IMqttPacketSink
    {
        int consumed = 0;
        bool more = true;
        while (more && consumed < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[consumed..];
            if (_partial.Count > 0)
            {
                consumed += FeedPartial(rest, sink, out more);
                continue;
            }

            MqttHeaderStatus status = MqttFixedHeader.TryRead(rest, out MqttFixedHeader header);
            if (IsBroken(status, header, sink))
            {
                return bytes.Length;
            }

            if (status == MqttHeaderStatus.Complete && header.TotalSize <= rest.Length)
            {
                consumed += header.TotalSize;
                more = sink.OnPacket(header, rest[header.Size..header.TotalSize]);
            }
            else
            {
                consumed += _partial.Add(rest);
            }
        }

        return consumed;
    }

    public void Dispose() => _partial.Clear();

    private int FeedPartial<TSink>(ReadOnlySpan<byte> bytes, TSink sink, out bool more)
        where TSink : IMqttPacketSink
    {
        more = true;
        int consumed = 0;
        MqttFixedHeader header;
        MqttHeaderStatus status;
        while ((status = MqttFixedHeader.TryRead(_partial.Span, out header)) == MqttHeaderStatus.Incomplete)
        {
            if (consumed == bytes.Length)
            {
                return consumed;
            }

            consumed += _partial.Add(bytes.Slice(consumed, 1));
        }

        if (IsBroken(status, header, sink))
        {
            more = false;
            return bytes.Length;
        }

        int missing = header.TotalSize - _partial.Count;
        consumed += _partial.Add(bytes.Slice(consumed, Math.Min(missing, bytes.Length - consumed)));
        if (_partial.Count == header.TotalSize)
        {
            more = sink.OnPacket(header, _partial.Span[header.Size..]);
            Dispose();
        }

        return consumed;
    }

    private bool IsBroken<TSink>(MqttHeaderStatus status, in MqttFixedHeader header, TSink sink)
        where TSink : IMqttPacketSink
    {
        if (status == MqttHeaderStatus.Malformed)
        {
            sink.OnBroken(MqttReason.MalformedPacket);
            return true;
        }

        if (status == MqttHeaderStatus.Complete && header.TotalSize > PacketBytesMax)
        {
            sink.OnBroken(MqttReason.PacketTooLarge);
            return true;
        }

        return false;
    }
}
