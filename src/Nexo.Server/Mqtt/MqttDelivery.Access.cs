using System.Buffers.Binary;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Security;

namespace Nexo.Server.Mqtt;

// What has come by a filter that its client may not have any more, and waits: the client does not get it.
internal sealed partial class MqttDelivery
{
    private Queue<(byte[] Item, TopicGroup Share)>? _withheld;
    private bool _isGivingBack;

    // A filter that is left is covered by one rule, so nothing that comes by it is taken for one that is gone.
    private bool MayHave(ReadOnlySpan<byte> packet)
    {
        Access access = _connection.Access;
        return ReferenceEquals(access, Access.Everything)
            || access.Allows(AccessBroker.Topics, AccessOperation.Read, TopicOf(packet));
    }

    // Under the lock. What a group has given is for another of its members.
    private void Withhold(ReadOnlySpan<byte> item, uint share)
    {
        if (share == 0)
        {
            return;
        }

        _withheld ??= new Queue<(byte[] Item, TopicGroup Share)>();
        _withheld.Enqueue((item.ToArray(), _shares![(int)share - 1]));
        if (!_isGivingBack)
        {
            _isGivingBack = true;
            _connection.CountSubscriber(1);
            ThreadPool.UnsafeQueueUserWorkItem(static self => self.GiveBackWithheld(), this, preferLocal: false);
        }
    }

    private void GiveBackWithheld()
    {
        var work = new TopicWork();
        using var headers = new FrameBuffer();
        while (TryTakeWithheld(out byte[] item, out TopicGroup? share))
        {
            GiveBack(item, share!, headers, work);
            RunAll(work);
        }

        _connection.CountSubscriber(-1);
    }

    // Whoever withholds more sees in the same hold of the lock whether this still looks, so there is one that does.
    private bool TryTakeWithheld(out byte[] item, out TopicGroup? share)
    {
        lock (_outbox.Gate)
        {
            _isGivingBack = _withheld!.TryDequeue(out (byte[] Item, TopicGroup Share) first);
            (item, share) = _isGivingBack ? first : ([], null);
            return _isGivingBack;
        }
    }

    private static ReadOnlySpan<byte> TopicOf(ReadOnlySpan<byte> packet)
    {
        MqttFixedHeader.TryRead(packet, out MqttFixedHeader header);
        ReadOnlySpan<byte> body = packet[header.Size..];
        return body.Slice(sizeof(ushort), BinaryPrimitives.ReadUInt16BigEndian(body));
    }
}
