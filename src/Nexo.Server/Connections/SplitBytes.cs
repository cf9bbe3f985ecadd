using System.Buffers;

namespace Nexo.Server.Connections;

/// <summary>
/// The beginning of a frame or packet that is split over several reads, copied together: it grows with the bytes that have come, never with
/// those that were announced.
/// </summary>
internal struct SplitBytes
{
    private const int CapacityMin = 512;

    private byte[]? _bytes;

    public int Count { get; private set; }

    public readonly Span<byte> Span => _bytes.AsSpan(0, Count);

    /// <summary>Adds bytes behind those that are there, and says how many.</summary>
    public int Add(ReadOnlySpan<byte> bytes)
    {
        int needed = Count + bytes.Length;
        if (_bytes is null || needed > _bytes.Length)
        {
            // Doubling keeps the copying linear; it is bounded by twice what was received.
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(needed, Count * 2), CapacityMin));
            Span.CopyTo(larger);
            Return();
            _bytes = larger;
        }

        bytes.CopyTo(_bytes.AsSpan(Count));
        Count = needed;
        return bytes.Length;
    }

    /// <summary>Forgets everything, and gives its memory back.</summary>
    public void Clear()
    {
        Return();
        _bytes = null;
        Count = 0;
    }

    private readonly void Return()
    {
        if (_bytes is not null)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}
