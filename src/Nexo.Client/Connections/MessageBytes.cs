namespace Nexo.Client;

/// <summary>
/// The bytes of messages that came in one frame, owned by the process: small messages share an array, so that a delivery costs one
/// object more, and large ones have their own, so that one that is kept does not keep the others.
/// </summary>
internal ref struct MessageBytes(int frameBytes)
{
    private const int SharedBytesMax = 16 * 1_024;
    private const int SmallBytesMax = SharedBytesMax / 4;

    private int _rest = frameBytes;
    private Memory<byte> _shared;

    /// <summary>Copies the parts of a message, one behind the other.</summary>
    public ReadOnlyMemory<byte> Own(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        int size = first.Length + second.Length + third.Length;
        Memory<byte> owned = Take(size);
        Span<byte> span = owned.Span;
        first.CopyTo(span);
        second.CopyTo(span[first.Length..]);
        third.CopyTo(span[(first.Length + second.Length)..]);
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
