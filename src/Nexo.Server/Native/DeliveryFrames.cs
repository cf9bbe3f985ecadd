using Nexo.Engine.Queues;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>Messages on their way to a consumer, as pushes that hold many each. Not thread-safe.</summary>
/// <param name="bodyBytesMax">Most bytes of a frame's body; a message alone always fits.</param>
/// <param name="frameBytes">A frame that has so many bytes is closed.</param>
internal sealed class DeliveryFrames(int bodyBytesMax, int frameBytes)
{
    private FrameBuffer _frames = new();
    private uint _count;

    /// <summary>Bytes that wait.</summary>
    public int Bytes => _frames.Count;

    public void Add(uint correlation, in QueueDelivery delivery)
    {
        DeliveredMessage message = QueueConversions.ToWire(delivery);
        if (_count > 0 && _frames.BodyCount + message.Size > bodyBytesMax)
        {
            Close();
        }

        if (_count == 0)
        {
            _frames.Begin(Opcode.QueueConsume, FrameKind.Push, correlation);
            DeliveryList.WriteStart(_frames, count: 0);
        }

        message.Write(_frames);
        _count++;
        if (_frames.BodyCount >= frameBytes)
        {
            Close();
        }
    }

    /// <summary>Takes all frames in exchange for an empty buffer; false: there are none.</summary>
    public bool TryTake(ref FrameBuffer empty)
    {
        if (_count > 0)
        {
            Close();
        }

        if (_frames.IsEmpty)
        {
            return false;
        }

        // Its array goes back to the pool until there are messages again.
        empty.Dispose();
        (_frames, empty) = (empty, _frames);
        return true;
    }

    private void Close()
    {
        DeliveryList.PatchCount(_frames, _count);
        _frames.End();
        _count = 0;
    }
}
