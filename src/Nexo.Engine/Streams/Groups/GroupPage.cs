using System.Buffers;

namespace Nexo.Engine.Streams;

/// <summary>Records as they were read, in memory that is rented.</summary>
internal sealed class GroupPage : IBufferWriter<byte>
{
    private const int BytesMin = 4_096;

    private byte[] _bytes = [];

    /// <summary>Bytes that were written.</summary>
    public int Length { get; private set; }

    /// <summary>What it takes up.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>It was given back: what was in it is to be read again.</summary>
    public bool IsReleased => _bytes.Length == 0;

    /// <summary>Entries of a window whose bytes are here.</summary>
    public int Entries { get; set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsSpan(Length);
    }

    public void Clear() => Length = 0;

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }

        Length = 0;
    }

    private void Ensure(int sizeHint)
    {
        int needed = Length + Math.Max(1, sizeHint);
        if (_bytes.Length < needed)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(BytesMin, Math.Max(needed, 2 * Length)));
            Written.CopyTo(larger);
            if (_bytes.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_bytes);
            }

            _bytes = larger;
        }
    }
}
