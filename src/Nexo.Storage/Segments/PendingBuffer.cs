using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Nexo.Storage;

/// <summary>
/// Batches that are not in a file yet, one behind the other. In native memory; guarded by the log's gate.
/// </summary>
internal sealed unsafe class PendingBuffer(long baseOffset, int capacity)
{
    private byte* _memory = (byte*)NativeMemory.Alloc((nuint)capacity);
    private int _capacity = capacity;

    /// <summary>Offsets that are here, or were and have been written.</summary>
    public long BaseOffset { get; } = baseOffset;

    public long EndOffset { get; set; } = baseOffset;

    public int Length { get; private set; }

    /// <summary>Bytes at the front that are in a file.</summary>
    public int Written { get; set; }

    /// <summary>It takes no more: it may be read without the gate.</summary>
    public bool Closed { get; set; }

    public ReadOnlySpan<byte> Batches => new(_memory, Length);

    /// <summary>Adds room for one batch.</summary>
    public Span<byte> Add(int bytes)
    {
        if (Closed)
        {
            throw new UnreachableException("a buffer that is being written takes no batch");
        }

        if (bytes > _capacity - Length)
        {
            _capacity = Math.Max(checked(_capacity * 2), checked(Length + bytes));
            _memory = (byte*)NativeMemory.Realloc(_memory, (nuint)_capacity);
        }

        Length += bytes;
        return new Span<byte>(_memory + Length - bytes, bytes);
    }

    public void Free()
    {
        NativeMemory.Free(_memory);
        _memory = null;
        Length = 0;
    }
}
