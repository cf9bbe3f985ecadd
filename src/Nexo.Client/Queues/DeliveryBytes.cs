using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// The bytes of messages that came in one frame, owned by the process: small messages share an array, so that a delivery costs one
/// object more, and large ones have their own, so that one that is kept does not keep the others.
/// </summary>
internal ref struct DeliveryBytes(int frameBytes)
{
    private const int SharedBytesMax = 16 * 1_024;
    private const int SmallBytesMax = SharedBytesMax / 4;

    private int _rest = frameBytes;
    private Memory<byte> _shared;

    /// <summary>Copies the group, the headers and the body of a message, one behind the other.</summary>
    public Memory<byte> Own(in DeliveredMessage message)
    {
        int size = message.Group.Length + message.Headers.Length + message.Body.Length;
        Memory<byte> owned = Take(size);
        Span<byte> span = owned.Span;
        message.Group.CopyTo(span);
        message.Headers.CopyTo(span[message.Group.Length..]);
        message.Body.CopyTo(span[(message.Group.Length + message.Headers.Length)..]);
        _rest -= size;
        return owned;
    }

    private Memory<byte> Take(int size)
    {
        if (size > SmallBytesMax)
        {
            return new byte[size];
        }

        if (size > _shared.Length)
        {
            // What is left of the frame is never less than what its messages still need.
            _shared = new byte[Math.Min(_rest, SharedBytesMax)];
        }

        Memory<byte> taken = _shared[..size];
        _shared = _shared[size..];
        return taken;
    }
}
