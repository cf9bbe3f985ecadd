using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nexo.Engine.Memory;

/// <summary>
/// Native memory of one shard: slots of fixed size classes in pages, addressed by 31-bit references that count
/// granules of 16 bytes: <c>[page id][granule in page]</c>. Page 0 is never used, so reference 0 means none, and the
/// top bit is free for the one who stores a reference. What does not fit an eighth of a page gets a block and a page
/// id of its own. Guarded by the shard's lock.
/// </summary>
internal sealed unsafe partial class Arena : IDisposable
{
    private const int BlockAlignment = 64;
    private const int BlockHeaderBytes = 16;
    private const byte BlockClass = 255;
    private const ushort NoSlot = ushort.MaxValue;
    private const byte Poison = 0xDD;
    private const int CreditChunksKept = 3;

    private readonly PagePool _pool;
    private readonly MemoryBudget _budget;
    private readonly int _granuleBits;
    private readonly uint _granuleMask;
    private readonly int _pageGranules;
    private readonly int _slotGranulesMax;
    private readonly uint _pageIdMax;
    private readonly uint[] _withRoom = new uint[SizeClasses.Count];
    private Page* _pages;
    private byte* _spare;
    private uint _pageCapacity;
    private uint _pageCount = 1;
    private uint _freePageIds;
    private uint _freePageIdCount;
    private long _credit;
    private long _reserved;

    public Arena(PagePool pool, MemoryBudget budget, int pageBytes, int pageIdMax = int.MaxValue)
    {
        _pool = pool;
        _budget = budget;
        _pageGranules = pageBytes / SizeClasses.GranuleBytes;
        _granuleBits = BitOperations.Log2((uint)_pageGranules);
        _granuleMask = (uint)_pageGranules - 1;
        _slotGranulesMax = _pageGranules / 8;
        _pageIdMax = (uint)Math.Min(pageIdMax, int.MaxValue >> _granuleBits);
    }

    /// <summary>Bytes of the slots that are in use, and of the page list.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>Bytes of blocks outside of the pages.</summary>
    public long BlockBytes { get; private set; }

    /// <summary>Slots in use; the consistency checker counts them against their owners.</summary>
    public long Slots { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* At(uint reference)
    {
        Debug.Assert(reference != 0 && reference >> _granuleBits < _pageCount, "a reference lies in a page");
        return _pages[reference >> _granuleBits].Base + ((nuint)(reference & _granuleMask) * SizeClasses.GranuleBytes);
    }

    /// <summary>What a slot for so many bytes costs.</summary>
    public long CostOf(int bytes)
    {
        int granules = SizeClasses.Granules(bytes);
        return granules > _slotGranulesMax
            ? ((long)granules * SizeClasses.GranuleBytes) + BlockHeaderBytes
            : (long)SizeClasses.GranulesOf(SizeClasses.ClassOf(granules)) * SizeClasses.GranuleBytes;
    }

    /// <summary>What the slot can hold.</summary>
    public int Capacity(uint reference) => (int)_pages[reference >> _granuleBits].SlotBytes;

    /// <summary>
    /// The slot can hold so many bytes, and they use more than half of it or would get no smaller one: no move pays.
    /// </summary>
    public bool Suits(uint reference, int bytes)
    {
        int capacity = Capacity(reference);
        return bytes <= capacity && (bytes > capacity / 2 || CostOf(bytes) >= capacity);
    }

    /// <summary>
    /// Takes a slot. It never fails: whoever may be refused asks <see cref="TryReserve"/> first. The structures' own
    /// growth may overdraw the credit by a little, which the next reservation has to cover.
    /// </summary>
    public uint Allocate(int bytes)
    {
        int granules = SizeClasses.Granules(bytes);
        Slots++;
        if (granules > _slotGranulesMax)
        {
            return AllocateBlock(granules * SizeClasses.GranuleBytes);
        }

        int sizeClass = SizeClasses.ClassOf(granules);
        uint id = _withRoom[sizeClass];
        if (id == 0)
        {
            id = AddPage(sizeClass);
        }

        Page* page = _pages + id;
        uint granule;
        if (page->FreeHead != NoSlot)
        {
            granule = page->FreeHead;
            page->FreeHead = *(ushort*)(page->Base + (granule * SizeClasses.GranuleBytes));
        }
        else
        {
            granule = page->Fresh;
            page->Fresh += (ushort)(page->SlotBytes / SizeClasses.GranuleBytes);
        }

        page->Used++;
        if (page->Used == page->SlotCount)
        {
            Unlist(page, sizeClass);
        }

        Charge(page->SlotBytes);
        return (id << _granuleBits) | granule;
    }

    public void Free(uint reference)
    {
        uint id = reference >> _granuleBits;
        Page* page = _pages + id;
        Slots--;
        if (page->SizeClass == BlockClass)
        {
            FreeBlock(id);
            return;
        }

        uint granule = reference & _granuleMask;
        byte* slot = page->Base + ((nuint)granule * SizeClasses.GranuleBytes);
        Wipe(slot, page->SlotBytes);
        *(ushort*)slot = page->FreeHead;
        page->FreeHead = (ushort)granule;
        Charge(-(long)page->SlotBytes);
        if (page->Used-- == page->SlotCount)
        {
            List(id, page->SizeClass);
        }

        if (page->Used == 0)
        {
            Release(id);
        }
    }

    /// <summary>Adds up the pages and compares; for the consistency check.</summary>
    public void Check()
    {
        long slots = 0;
        long bytes = _pageCapacity * (long)sizeof(Page);
        for (uint id = 1; id < _pageCount; id++)
        {
            Page* page = _pages + id;
            bool block = page->SizeClass == BlockClass;
            if (page->Base != null)
            {
                slots += block ? 1 : page->Used;
                bytes += block ? page->SlotBytes + BlockHeaderBytes : (long)page->Used * page->SlotBytes;
            }
        }

        Invariant.Require(slots == Slots, "the pages hold as many slots as the arena counts");
        Invariant.Require(bytes == UsedBytes, "the pages hold as many bytes as the arena counts");
    }

    public void Dispose()
    {
        for (uint id = 1; id < _pageCount; id++)
        {
            if (_pages[id].SizeClass == BlockClass && _pages[id].Base != null)
            {
                NativeMemory.AlignedFree(_pages[id].Base);
            }
        }

        NativeMemory.Free(_pages);
        _pages = null;
        _pageCount = 0;
        _credit = 0;
        UsedBytes = 0;
        BlockBytes = 0;
    }

    /// <summary>A freed slot must never pass for a live entry: debug builds make sure that it would not.</summary>
    [Conditional("DEBUG")]
    private static void Wipe(byte* slot, uint bytes) => NativeMemory.Fill(slot, bytes, Poison);

    private uint AllocateBlock(int bytes)
    {
        uint id = TakePageId();
        Page* page = _pages + id;
        *page = default;
        page->Base = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, BlockAlignment);
        page->SizeClass = BlockClass;
        page->SlotBytes = (uint)bytes;
        BlockBytes += bytes + BlockHeaderBytes;
        Charge(bytes + BlockHeaderBytes);
        return id << _granuleBits;
    }

    private void FreeBlock(uint id)
    {
        long bytes = _pages[id].SlotBytes + BlockHeaderBytes;
        NativeMemory.AlignedFree(_pages[id].Base);
        BlockBytes -= bytes;
        Charge(-bytes);
        ReturnPageId(id);
    }

    private uint AddPage(int sizeClass)
    {
        uint id = TakePageId();
        Page* page = _pages + id;
        *page = default;
        page->Base = _spare != null ? _spare : _pool.Rent();
        _spare = null;
        page->SizeClass = (byte)sizeClass;
        int granules = SizeClasses.GranulesOf(sizeClass);
        page->SlotBytes = (uint)(granules * SizeClasses.GranuleBytes);
        page->SlotCount = (ushort)(_pageGranules / granules);
        page->FreeHead = NoSlot;
        List(id, sizeClass);
        return id;
    }

    /// <summary>One empty page stays: a key that comes and goes does not cost a system call each time.</summary>
    private void Release(uint id)
    {
        Page* page = _pages + id;
        Unlist(page, page->SizeClass);
        if (_spare == null)
        {
            _spare = page->Base;
        }
        else
        {
            _pool.Return(page->Base);
        }

        ReturnPageId(id);
    }

    private void List(uint id, int sizeClass)
    {
        Page* page = _pages + id;
        page->Prev = 0;
        page->Next = _withRoom[sizeClass];
        if (page->Next != 0)
        {
            _pages[page->Next].Prev = id;
        }

        _withRoom[sizeClass] = id;
    }

    private void Unlist(Page* page, int sizeClass)
    {
        if (page->Next != 0)
        {
            _pages[page->Next].Prev = page->Prev;
        }

        if (page->Prev != 0)
        {
            _pages[page->Prev].Next = page->Next;
        }
        else
        {
            _withRoom[sizeClass] = page->Next;
        }
    }

    private uint TakePageId()
    {
        uint id = _freePageIds;
        if (id != 0)
        {
            _freePageIdCount--;
            _freePageIds = _pages[id].Next;
            return id;
        }

        if (_pageCount >= _pageCapacity)
        {
            GrowPageList();
        }

        if (_pageCount > _pageIdMax)
        {
            throw new InsufficientMemoryException("a shard is full: all of its page ids are taken");
        }

        return _pageCount++;
    }

    private void ReturnPageId(uint id)
    {
        Page* page = _pages + id;
        page->Base = null;
        page->Next = _freePageIds;
        _freePageIds = id;
        _freePageIdCount++;
    }

    private void GrowPageList()
    {
        uint capacity = Math.Max(16, _pageCapacity * 2);
        _pages = (Page*)NativeMemory.Realloc(_pages, capacity * (nuint)sizeof(Page));
        Charge((capacity - _pageCapacity) * (long)sizeof(Page));
        _pageCapacity = capacity;
    }

    /// <summary>
    /// 32 bytes: 8 base + 4 next + 4 prev + 4 slot bytes + 2 free + 2 fresh + 2 used + 2 slots + 1 class, padded.
    /// </summary>
    [StructLayout(LayoutKind.Sequential, Size = 32)]
    private struct Page
    {
        public byte* Base;
        public uint Next;
        public uint Prev;
        public uint SlotBytes;
        public ushort FreeHead;
        public ushort Fresh;
        public ushort Used;
        public ushort SlotCount;
        public byte SizeClass;
    }
}
