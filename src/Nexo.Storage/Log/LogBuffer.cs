using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nexo.Storage;

/// <summary>
/// Records one behind the other in native memory, with room for a commit's header before them and for its padding
/// behind them, so that a commit goes out in one write. Grows by doubling.
/// </summary>
internal sealed unsafe class LogBuffer : IDisposable
{
    /// <summary>The capacity of an idle buffer, in bytes.</summary>
    public const long FirstCapacity = 64 * 1_024;

    private const int Ahead = CommitHeader.Size;
    private const int Behind = SegmentHeader.Sector;
    private readonly List<RecordGroup> _groups = [];
    private byte* _start = (byte*)NativeMemory.Alloc((nuint)FirstCapacity);

    public long Capacity { get; private set; } = FirstCapacity;

    /// <summary>Bytes of records.</summary>
    public long Length { get; private set; }

    public long Records { get; private set; }

    /// <summary>When the first of them was appended, on the clock of the log.</summary>
    public long FirstAt { get; set; }

    /// <summary>What is to be written in one commit, in the order in which it lies.</summary>
    public IReadOnlyList<RecordGroup> Groups => _groups;

    /// <summary>What lies behind an offset, and behind so many records, is to be written in one commit.</summary>
    public void AddGroup(long from, long recordsBefore)
    {
        if (Records - recordsBefore > 1)
        {
            _groups.Add(new RecordGroup(from, Length - from, Records - recordsBefore));
        }
    }

    /// <summary>Makes place for one more record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Add(int bytes)
    {
        long end = Length + bytes;
        if (end > Capacity - (Ahead + Behind))
        {
            if (_start is null)
            {
                return AddToNothing(bytes);
            }

            Grow(end);
        }

        byte* place = _start + Ahead + Length;
        Length = end;
        Records++;
        return new Span<byte>(place, bytes);
    }

    /// <summary>Records from an offset on.</summary>
    public Span<byte> Slice(long offset, int bytes) => new(_start + Ahead + offset, bytes);

    /// <summary>
    /// The same with the header's place before them and the padding behind them. Both lie over neighbouring records, if
    /// there are any: those before have been written already, those behind must be put back.
    /// </summary>
    public Span<byte> Commit(long offset, int payloadBytes) =>
        new(_start + offset, checked((int)CommitHeader.ExtentOf(payloadBytes)));

    public void Clear()
    {
        Length = 0;
        Records = 0;
        _groups.Clear();
    }

    /// <summary>Gives memory back; only an empty buffer may shrink.</summary>
    public void Shrink(long capacity)
    {
        if (Length == 0 && capacity < Capacity)
        {
            Resize(capacity);
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_start);
        _start = null;
        Capacity = 0;
        Length = 0;
    }

    // After the end nobody frees native memory any more; the record goes nowhere.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Span<byte> AddToNothing(int bytes)
    {
        Length += bytes;
        Records++;
        return new byte[bytes];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(long length)
    {
        long capacity = Math.Max(Capacity, FirstCapacity);
        while (length > capacity - (Ahead + Behind))
        {
            capacity *= 2;
        }

        Resize(capacity);
    }

    private void Resize(long capacity)
    {
        _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
        Capacity = capacity;
    }
}

/// <summary>Records that are written in one commit.</summary>
internal readonly record struct RecordGroup(long From, long Bytes, long Records);
