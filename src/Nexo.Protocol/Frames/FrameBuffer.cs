using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Nexo.Protocol;

/// <summary>
/// Encoded frames, one after the other in one rented array that grows as it is written. Not thread-safe.
/// A frame is opened with <see cref="Begin"/>, its body written, and closed with <see cref="End"/>, which fills in the
/// length; <see cref="Abandon"/> takes an open frame back, so a half-written reply can become an error.
/// </summary>
public sealed class FrameBuffer : IBufferWriter<byte>, IDisposable
{
    private const int InitialCapacity = 4_096;
    private const int KeptCapacityMax = 128 * 1_024;

    private byte[] _bytes = [];
    private int _count;
    private int _open = -1;

    /// <summary>Bytes written, closed frames and the open one together.</summary>
    public int Count => _count;

    public bool IsEmpty => _count == 0;

    /// <summary>The closed frames.</summary>
    public ReadOnlyMemory<byte> Written
    {
        get
        {
            Debug.Assert(_open < 0, "a frame is still open");
            return _bytes.AsMemory(0, _count);
        }
    }

    /// <summary>Bytes of the open frame's body so far.</summary>
    public int BodyCount => _count - _open - FrameHeader.Size;

    public void Begin(Opcode opcode, FrameKind kind, uint correlation, FrameFlags flags = FrameFlags.None)
    {
        Debug.Assert(_open < 0, "the frame before is still open");
        Span<byte> header = Reserve(FrameHeader.Size);
        _open = _count;
        new FrameHeader(0, opcode, kind, flags, correlation).Write(header);
        _count += FrameHeader.Size;
    }

    public void End()
    {
        Debug.Assert(_open >= 0, "no frame is open");
        int length = _count - _open - FrameHeader.LengthFieldSize;
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_open), length);
        _open = -1;
    }

    /// <summary>Forgets the open frame and all that was written to it.</summary>
    public void Abandon()
    {
        Debug.Assert(_open >= 0, "no frame is open");
        _count = _open;
        _open = -1;
    }

    /// <summary>
    /// Takes back what was written to the open frame's body after its first <paramref name="bodyCount"/> bytes.
    /// </summary>
    public void TruncateBody(int bodyCount)
    {
        Debug.Assert(_open >= 0 && bodyCount <= BodyCount, "only what the open frame holds can be taken back");
        _count = _open + FrameHeader.Size + bodyCount;
    }

    /// <summary>Appends frames that were encoded elsewhere.</summary>
    public void AppendFrames(ReadOnlySpan<byte> frames)
    {
        Debug.Assert(_open < 0, "a frame is still open");
        Write(frames);
    }

    /// <summary>Forgets the first <paramref name="count"/> bytes, which end with a frame.</summary>
    public void RemoveFirst(int count)
    {
        Debug.Assert(_open < 0, "a frame is still open");
        _bytes.AsSpan(count, _count - count).CopyTo(_bytes);
        _count -= count;
        if (_count == 0)
        {
            Clear();
        }
    }

    /// <summary>Takes back what was written after the first <paramref name="count"/> bytes, outside of frames.</summary>
    public void Truncate(int count)
    {
        Debug.Assert(_open < 0 && count <= _count, "only what is there can be taken back");
        _count = count;
    }

    /// <summary>Forgets everything; keeps the array unless it has grown large.</summary>
    public void Clear()
    {
        _count = 0;
        _open = -1;
        if (_bytes.Length > KeptCapacityMax)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = [];
        _count = 0;
        _open = -1;
    }

    public void Advance(int count) => _count += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(_count);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsSpan(_count);
    }

    public void WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        _count++;
    }

    public void WriteUInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Reserve(sizeof(ushort)), value);
        _count += sizeof(ushort);
    }

    public void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), value);
        _count += sizeof(uint);
    }

    public void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(sizeof(ulong)), value);
        _count += sizeof(ulong);
    }

    public void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Reserve(sizeof(long)), value);
        _count += sizeof(long);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _count += bytes.Length;
    }

    /// <summary>Writes <c>[u32 length][bytes]</c>.</summary>
    public void WriteBlob(ReadOnlySpan<byte> bytes)
    {
        WriteUInt32((uint)bytes.Length);
        Write(bytes);
    }

    /// <summary>Writes <paramref name="text"/> as UTF-8, with nothing before it.</summary>
    public void WriteUtf8(ReadOnlySpan<char> text)
    {
        int size = Encoding.UTF8.GetByteCount(text);
        _count += Encoding.UTF8.GetBytes(text, Reserve(size));
    }

    /// <summary>
    /// Overwrites a byte that was written at body offset <paramref name="bodyOffset"/> before its value was known.
    /// </summary>
    public void PatchByte(int bodyOffset, byte value) => BodyAt(bodyOffset)[0] = value;

    /// <summary>
    /// Overwrites a <c>u16</c> that was written at body offset <paramref name="bodyOffset"/> before its value was
    /// known.
    /// </summary>
    public void PatchUInt16(int bodyOffset, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(BodyAt(bodyOffset), value);

    /// <summary>
    /// Overwrites a <c>u64</c> that was written at body offset <paramref name="bodyOffset"/> before its value was
    /// known.
    /// </summary>
    public void PatchUInt64(int bodyOffset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(BodyAt(bodyOffset), value);

    /// <summary>
    /// Overwrites a <c>u32</c> that was written at body offset <paramref name="bodyOffset"/> before its value was
    /// known.
    /// </summary>
    public void PatchUInt32(int bodyOffset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(BodyAt(bodyOffset), value);

    private Span<byte> BodyAt(int bodyOffset)
    {
        Debug.Assert(_open >= 0, "a patch outside a frame would land in another one");
        return _bytes.AsSpan(_open + FrameHeader.Size + bodyOffset);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Reserve(int size)
    {
        if (_bytes.Length - _count < size)
        {
            Grow(size);
        }

        return _bytes.AsSpan(_count);
    }

    private void Grow(int size)
    {
        long wanted = Math.Max(Math.Max((long)_count + size, (long)_bytes.Length * 2), InitialCapacity);
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(wanted, Array.MaxLength));
        _bytes.AsSpan(0, _count).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }
}
