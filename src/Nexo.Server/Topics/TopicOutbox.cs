using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using Nexo.Engine.Topics;

namespace Nexo.Server.Topics;

/// <summary>
/// Messages that one subscription cannot be sent yet, in their order, and how many are missing between them: a ring of bytes
/// that is never larger than it may be. What there is no room for is dropped as <see cref="TopicWhenSlow"/> says. It knows
/// nothing of how messages are encoded. Not thread-safe.
/// </summary>
/// <remarks>
/// In the ring: <c>[u32 size][u32 share][message]</c>; with size 0 it is a gap, and the second number says of how many messages.
/// </remarks>
/// <param name="bytesMax">Most bytes of messages, with <see cref="OverheadBytes"/> for each.</param>
/// <param name="whenSlow">Which messages are dropped.</param>
/// <param name="room">Of its connection.</param>
internal sealed class TopicOutbox(int bytesMax, TopicWhenSlow whenSlow, TopicRoom room)
{
    /// <summary>What a message takes besides its bytes.</summary>
    public const int OverheadBytes = 2 * sizeof(uint);

    private const int CapacityMin = 1_024;

    // Larger ones are the system's own: a pool would keep each that was outgrown.
    private const int PooledMax = 64 * 1_024;

    private byte[] _pooled = [];
    private NativeBlock? _block;

    // A power of two, or 0; an array may be longer.
    private int _capacity;
    private int _head;
    private int _used;
    private ulong _missed;

    // Dropped behind the last that waits; 0 when none does.
    private uint _tailGap;

    /// <summary>Messages that wait.</summary>
    public int Count { get; private set; }

    public bool IsEmpty => Count == 0;

    /// <summary>Bytes that wait, with what they take besides.</summary>
    public int Bytes => _used;

    /// <summary>Bytes of the first message; 0 when none waits.</summary>
    public int FirstSize => TryPeek(out int size, out _) ? size : 0;

    /// <summary>Messages that were dropped before the first that waits, or since the last that has left.</summary>
    public ulong Missed => _missed;

    /// <summary>True when a message found no room and the subscription is to end for it.</summary>
    public bool IsOverrun { get; private set; }

    /// <summary>
    /// Adds the messages of <paramref name="bytes"/> behind the first <paramref name="from"/>, or drops some.
    /// </summary>
    /// <param name="bytes">Messages in any encoding.</param>
    /// <param name="ends">Where each ends.</param>
    /// <param name="from">How many are passed over.</param>
    /// <param name="share">Told again by <see cref="TryTake"/>.</param>
    /// <returns>How many were dropped, of these and of those that waited.</returns>
    public int Add(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> ends, int from, uint share)
    {
        int dropped = 0;
        int start = from == 0 ? 0 : ends[from - 1];
        for (int i = from; i < ends.Length; i++)
        {
            ReadOnlySpan<byte> message = bytes[start..ends[i]];
            start = ends[i];
            if (MakeRoom(message.Length, ref dropped))
            {
                Append(message, share);
                continue;
            }

            dropped++;
            if (whenSlow == TopicWhenSlow.End)
            {
                IsOverrun = true;
                return dropped + ends.Length - i - 1;
            }

            NoteTailGap();
        }

        return dropped;
    }

    /// <summary>How many were dropped before the first that waits; they are told once.</summary>
    public ulong TakeMissed()
    {
        ulong missed = _missed;
        _missed = 0;
        return missed;
    }

    /// <summary>
    /// Copies the first messages: as many as there are up to the next gap, but not more than <paramref name="countMax"/>, nor, from
    /// the second on, than <paramref name="sizeMax"/> bytes.
    /// </summary>
    /// <returns>How many.</returns>
    public int Take(IBufferWriter<byte> target, int countMax, int sizeMax)
    {
        int count = 0;
        int size = 0;
        while (count < countMax && TryPeek(out int next, out _) && next > 0 && (count == 0 || size + next <= sizeMax))
        {
            CopyFirst(target, next);
            Remove(next);
            size += next;
            count++;
        }

        DropGapAtHead();
        FreeIfEmpty();
        return count;
    }

    /// <summary>Copies the first message; false: none waits.</summary>
    /// <param name="share">What was said of it when it was added.</param>
    public bool TryTake(IBufferWriter<byte> target, out uint share)
    {
        if (!TryPeek(out int size, out share))
        {
            return false;
        }

        CopyFirst(target, size);
        Remove(size);
        DropGapAtHead();
        FreeIfEmpty();
        return true;
    }

    /// <summary>Forgets everything, and gives back its room.</summary>
    public void Clear()
    {
        Count = 0;
        _used = 0;
        _missed = 0;
        _tailGap = 0;
        FreeIfEmpty();
    }

    /// <summary>Makes room for a message of so many bytes, and for the gap before it if there is one.</summary>
    private bool MakeRoom(int size, ref int dropped)
    {
        long needed = Needed(size);
        if (needed > bytesMax || (_used + needed > bytesMax && whenSlow != TopicWhenSlow.DropOldest))
        {
            return false;
        }

        int limit = (int)Math.Min(bytesMax, _used + needed);
        if (limit > _capacity && !TryGrow(limit))
        {
            limit = _capacity;
        }

        if (needed > limit || (_used + needed > limit && whenSlow != TopicWhenSlow.DropOldest))
        {
            return false;
        }

        while (_used + Needed(size) > limit)
        {
            DropFirst();
            dropped++;
        }

        return true;
    }

    private Span<byte> Ring => _block is null ? _pooled : _block.Span;

    private long Needed(int size) => (long)size + OverheadBytes + (_tailGap > 0 && _used > 0 ? OverheadBytes : 0);

    private void Append(ReadOnlySpan<byte> message, uint share)
    {
        if (_tailGap > 0)
        {
            Write(0, _tailGap);
            _tailGap = 0;
        }

        Write((uint)message.Length, share);
        Write(message);
        Count++;
    }

    private void NoteTailGap()
    {
        if (_used == 0)
        {
            _missed++;
        }
        else if (_tailGap < uint.MaxValue)
        {
            _tailGap++;
        }
    }

    private void DropFirst()
    {
        bool found = TryPeek(out int size, out _);
        Debug.Assert(found, "room was missing, so something waits");
        Remove(size);
        _missed++;
        DropGapAtHead();
    }

    // A gap behind the head stands before a message: one that has come to the head is told with the next that leaves.
    private void DropGapAtHead()
    {
        while (TryPeek(out int size, out uint gap) && size == 0)
        {
            _missed += gap;
            _head = (_head + OverheadBytes) & (_capacity - 1);
            _used -= OverheadBytes;
        }
    }

    private void Remove(int size)
    {
        _head = (_head + OverheadBytes + size) & (_capacity - 1);
        _used -= OverheadBytes + size;
        Count--;
        if (_used == 0)
        {
            _missed += _tailGap;
            _tailGap = 0;
        }
    }

    private bool TryPeek(out int size, out uint share)
    {
        if (_used == 0)
        {
            size = 0;
            share = 0;
            return false;
        }

        Span<byte> head = stackalloc byte[OverheadBytes];
        Read(_head, head);
        size = (int)BinaryPrimitives.ReadUInt32LittleEndian(head);
        share = BinaryPrimitives.ReadUInt32LittleEndian(head[sizeof(uint)..]);
        return true;
    }

    private void CopyFirst(IBufferWriter<byte> target, int size)
    {
        Read((_head + OverheadBytes) & (_capacity - 1), target.GetSpan(size)[..size]);
        target.Advance(size);
    }

    private void Read(int from, Span<byte> target)
    {
        ReadOnlySpan<byte> ring = Ring;
        int first = Math.Min(target.Length, _capacity - from);
        ring.Slice(from, first).CopyTo(target);
        ring[..(target.Length - first)].CopyTo(target[first..]);
    }

    private void Write(uint size, uint share)
    {
        Span<byte> head = stackalloc byte[OverheadBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(head, size);
        BinaryPrimitives.WriteUInt32LittleEndian(head[sizeof(uint)..], share);
        Write(head);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        int at = (_head + _used) & (_capacity - 1);
        int first = Math.Min(bytes.Length, _capacity - at);
        Span<byte> ring = Ring;
        bytes[..first].CopyTo(ring[at..]);
        bytes[first..].CopyTo(ring);
        _used += bytes.Length;
    }

    private bool TryGrow(int needed)
    {
        int capacity = Math.Max(CapacityMin, (int)BitOperations.RoundUpToPowerOf2((uint)needed));
        if (!room.TryTake(capacity - _capacity, isFloor: capacity <= TopicBuffers.FloorBytes))
        {
            return false;
        }

        NativeBlock? block = capacity > PooledMax ? new NativeBlock(capacity) : null;
        byte[] pooled = block is null ? ArrayPool<byte>.Shared.Rent(capacity) : [];
        Read(_head, block is null ? pooled.AsSpan(0, _used) : block.Span[.._used]);
        Return();
        _pooled = pooled;
        _block = block;
        _capacity = capacity;
        _head = 0;
        return true;
    }

    private void FreeIfEmpty()
    {
        if (_used > 0)
        {
            return;
        }

        Return();
        room.Give(_capacity);
        _capacity = 0;
        _head = 0;
    }

    private void Return()
    {
        if (_pooled.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_pooled);
            _pooled = [];
        }

        _block?.Dispose();
        _block = null;
    }
}
