using System.Buffers;

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
/// reads is copied together, in a buffer that grows with the bytes that have come, never with those that were announced.
/// </summary>
internal sealed class MqttAssembler(int packetBytesMax) : IDisposable
{
    private const int PartialCapacityMin = 512;

    private byte[] _partial = [];
    private int _partialCount;

    /// <summary>The largest packet, header included; it grows when the peer has authenticated.</summary>
    public int PacketBytesMax { get; set; } = packetBytesMax;

    /// <summary>True while a packet has begun and not ended.</summary>
    public bool IsInPacket => _partialCount > 0;

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
            if (_partialCount > 0)
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
                consumed += Keep(rest);
            }
        }

        return consumed;
    }

    public void Dispose()
    {
        if (_partial.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_partial);
        }

        _partial = [];
        _partialCount = 0;
    }

    private int FeedPartial<TSink>(ReadOnlySpan<byte> bytes, TSink sink, out bool more)
        where TSink : IMqttPacketSink
    {
        more = true;
        int consumed = 0;
        MqttFixedHeader header;
        MqttHeaderStatus status;
        while ((status = MqttFixedHeader.TryRead(_partial.AsSpan(0, _partialCount), out header)) == MqttHeaderStatus.Incomplete)
        {
            if (consumed == bytes.Length)
            {
                return consumed;
            }

            consumed += Keep(bytes.Slice(consumed, 1));
        }

        if (IsBroken(status, header, sink))
        {
            more = false;
            return bytes.Length;
        }

        int missing = header.TotalSize - _partialCount;
        consumed += Keep(bytes.Slice(consumed, Math.Min(missing, bytes.Length - consumed)));
        if (_partialCount == header.TotalSize)
        {
            more = sink.OnPacket(header, _partial.AsSpan(header.Size, header.Length));
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

    private int Keep(ReadOnlySpan<byte> bytes)
    {
        int needed = _partialCount + bytes.Length;
        if (needed > _partial.Length)
        {
            // Doubling keeps the copying linear; it is bounded by twice what was received.
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(needed, _partialCount * 2), PartialCapacityMin));
            _partial.AsSpan(0, _partialCount).CopyTo(larger);
            if (_partial.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_partial);
            }

            _partial = larger;
        }

        bytes.CopyTo(_partial.AsSpan(_partialCount));
        _partialCount = needed;
        return bytes.Length;
    }
}
