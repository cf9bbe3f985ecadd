using System.Buffers;
using System.Buffers.Binary;
using Nexo.Protocol;
using Nexo.Server.Topics;

namespace Nexo.Server.Mqtt;

/// <summary>
/// Messages of shared groups that a client has got with QoS 1 and not acknowledged: they are others' when its session ends with its
/// connection (§4.8.2). What there is no room for is not kept, and lost then. Guarded by the outbox's lock.
/// </summary>
/// <param name="room">Of its connection.</param>
internal sealed class MqttGiven(TopicRoom room)
{
    private readonly Dictionary<ushort, Item> _items = [];
    private long _last;
    private Queue<ushort>? _leaving;

    /// <summary>Keeps a packet, with when it came, until it is acknowledged.</summary>
    public void Keep(ushort packetId, ReadOnlySpan<byte> packet, uint share, long cameMs)
    {
        int size = sizeof(long) + packet.Length;
        byte[] bytes = ArrayPool<byte>.Shared.Rent(size);
        if (!room.TryTake(bytes.Length, isFloor: bytes.Length <= TopicBuffers.FloorBytes))
        {
            ArrayPool<byte>.Shared.Return(bytes);
            return;
        }

        BinaryPrimitives.WriteInt64LittleEndian(bytes, cameMs);
        packet.CopyTo(bytes.AsSpan(sizeof(long)));
        _items.Add(packetId, new Item(++_last, share, bytes, size));
    }

    /// <summary>It is acknowledged.</summary>
    public void Forget(ushort packetId)
    {
        if (_items.Remove(packetId, out Item item))
        {
            Return(item);
        }
    }

    /// <summary>Takes the one that was sent first, when no more are: when it came, then the packet. False: there is none.</summary>
    public bool TryTakeFirst(FrameBuffer target, out uint share)
    {
        _leaving ??= new Queue<ushort>(_items.OrderBy(static pair => pair.Value.Number).Select(static pair => pair.Key));
        share = 0;
        if (!_leaving.TryDequeue(out ushort packetId) || !_items.Remove(packetId, out Item item))
        {
            return false;
        }

        target.Write(item.Bytes.AsSpan(0, item.Size));
        share = item.Share;
        Return(item);
        return true;
    }

    private void Return(Item item)
    {
        room.Give(item.Bytes.Length);
        ArrayPool<byte>.Shared.Return(item.Bytes);
    }

    private readonly record struct Item(long Number, uint Share, byte[] Bytes, int Size);
}
