using System.Runtime.InteropServices;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Streams;

/// <summary>
/// What a group that is shared by key has read and not done: of each key the first record can be given, the others wait behind it. Bounded
/// by its user; bytes beyond a bound are let go of, oldest first, and read again when they are needed. Known by offset.
/// </summary>
internal sealed class GroupWindow(KeyHash hasher, KeyHash otherHasher, long bytesMax, GroupMemory memory)
{
    public const int None = -1;

    private const int PagesKeptDead = 64;

    private readonly Dictionary<long, int> _byOffset = [];
    private readonly Dictionary<UInt128, Line> _lines = [];

    // The lowest offset first: what holds back the position goes before what does not.
    private readonly PriorityQueue<int, long> _ready = new();
    private readonly Queue<GroupPage> _pages = new();
    private GroupEntry[] _entries = new GroupEntry[16];
    private int _used;
    private int _firstFree = None;
    private long _bytes;
    private int _livePages;

    /// <summary>The entries of one key.</summary>
    private struct Line
    {
        public int First;
        public int Last;
    }

    public int Count => _byOffset.Count;

    public int InFlight { get; private set; }

    public bool HasReady => TryPeekReady(out _);

    /// <summary>To become dead letters.</summary>
    public Queue<int> Dying { get; } = new();

    /// <summary>All that were ever used; some are free.</summary>
    public Span<GroupEntry> Entries => _entries.AsSpan(0, _used);

    public ref GroupEntry this[int index] => ref _entries[index];

    public bool TryFind(long offset, out int index) => _byOffset.TryGetValue(offset, out index);

    /// <summary>Adds a record that was read; behind others of its key if there are some.</summary>
    /// <param name="record">The record.</param>
    /// <param name="page">Where it lies.</param>
    /// <param name="start">And where in it.</param>
    /// <param name="failure">What is remembered of it.</param>
    public void Add(in StreamRecordView record, GroupPage page, int start, in GroupFailure failure)
    {
        int index = TakeFree();
        ref GroupEntry entry = ref _entries[index];
        entry = new GroupEntry
        {
            Offset = record.Offset,
            HasKey = record.HasKey,
            Page = page,
            Start = start,
            Length = record.Bytes.Length,
            Next = None,
            Deliveries = failure.Deliveries,
            Failures = failure.Failures,
            Losses = failure.Losses,
            IsDead = failure.IsDead,
            State = GroupEntryState.Parked,
        };
        page.Entries++;
        _byOffset.Add(entry.Offset, index);
        if (entry.HasKey)
        {
            entry.Key = new UInt128(hasher.Of(record.Key), otherHasher.Of(record.Key));
            ref Line line = ref CollectionsMarshal.GetValueRefOrAddDefault(_lines, entry.Key, out bool isThere);
            if (isThere)
            {
                _entries[line.Last].Next = index;
                line.Last = index;
                return;
            }

            line = new Line { First = index, Last = index };
        }

        MakeReady(index);
    }

    /// <summary>A page is in use: its bytes count, and older ones go for it.</summary>
    public void Keep(GroupPage page)
    {
        if (page.Entries == 0)
        {
            page.Release();
            return;
        }

        _pages.Enqueue(page);
        _bytes += page.Capacity;
        memory.Add(page.Capacity);
        _livePages++;
        while (_pages.TryPeek(out GroupPage? oldest)
            && oldest != page
            && (oldest.IsReleased || _bytes > bytesMax || memory.IsFull))
        {
            _pages.Dequeue();
            Release(oldest);
        }

        // Behind one that is stuck, many may be empty already.
        if (_pages.Count > (2 * _livePages) + PagesKeptDead)
        {
            for (int left = _pages.Count; left > 0; left--)
            {
                GroupPage one = _pages.Dequeue();
                if (!one.IsReleased)
                {
                    _pages.Enqueue(one);
                }
            }
        }
    }

    /// <summary>Its bytes were read again.</summary>
    public void Attach(int index, GroupPage page, int start, int length)
    {
        ref GroupEntry entry = ref _entries[index];
        LeavePage(ref entry);
        entry.Page = page;
        entry.Start = start;
        entry.Length = length;
        page.Entries++;
    }

    /// <summary>The next that a member is to get; it stays where it is.</summary>
    public bool TryPeekReady(out int index)
    {
        while (_ready.TryPeek(out index, out long offset))
        {
            if (_entries[index].State == GroupEntryState.Ready && _entries[index].Offset == offset)
            {
                return true;
            }

            // It was removed meanwhile.
            _ready.Dequeue();
        }

        return false;
    }

    /// <summary>A member has got the first ready one.</summary>
    public void Lend(StreamGroupMember member, ulong lease, long endsAtMs)
    {
        ref GroupEntry entry = ref _entries[_ready.Dequeue()];
        entry.State = GroupEntryState.InFlight;
        entry.Member = member;
        entry.Lease = lease;
        entry.DueMs = endsAtMs;
        entry.Deliveries++;
        member.Load++;
        InFlight++;
    }

    /// <summary>What a member that has something has had longest.</summary>
    public int LongestOf(StreamGroupMember member)
    {
        // All its leases are of one length.
        int longest = None;
        for (int i = 0; i < _used; i++)
        {
            ref GroupEntry entry = ref _entries[i];
            if (entry.State == GroupEntryState.InFlight
                && entry.Member == member
                && (longest == None || IsBefore(entry, _entries[longest])))
            {
                longest = i;
            }
        }

        return longest;
    }

    /// <summary>The next member gets it, in the order of the offsets; or if it is dead, it is to become a dead letter.</summary>
    public void MakeReady(int index)
    {
        ref GroupEntry entry = ref _entries[index];
        TakeBack(ref entry);
        if (entry.IsDead)
        {
            entry.State = GroupEntryState.Dying;
            Dying.Enqueue(index);
            return;
        }

        entry.State = GroupEntryState.Ready;
        _ready.Enqueue(index, entry.Offset);
    }

    /// <summary>It has its next try at a moment.</summary>
    public void Delay(int index, long dueMs)
    {
        ref GroupEntry entry = ref _entries[index];
        TakeBack(ref entry);
        entry.State = GroupEntryState.Delayed;
        entry.DueMs = dueMs;
    }

    /// <summary>It is done: the next of its key can be given. Of those that are dying only the first may be removed.</summary>
    public void Remove(int index)
    {
        ref GroupEntry entry = ref _entries[index];
        if (entry.State == GroupEntryState.Dying && Dying.TryPeek(out int first) && first == index)
        {
            Dying.Dequeue();
        }

        TakeBack(ref entry);
        LeavePage(ref entry);
        _byOffset.Remove(entry.Offset);
        int next = entry.Next;
        if (entry.HasKey)
        {
            if (next == None)
            {
                _lines.Remove(entry.Key);
            }
            else
            {
                CollectionsMarshal.GetValueRefOrNullRef(_lines, entry.Key).First = next;
            }
        }

        entry = new GroupEntry { Next = _firstFree };
        _firstFree = index;
        if (next != None)
        {
            MakeReady(next);
        }
    }

    /// <summary>Forgets all, and gives the memory back.</summary>
    public void Clear()
    {
        foreach (ref GroupEntry entry in Entries)
        {
            if (entry.State == GroupEntryState.InFlight)
            {
                TakeBack(ref entry);
            }
        }

        foreach (GroupPage page in _pages)
        {
            Release(page);
        }
    }

    private static bool IsBefore(in GroupEntry one, in GroupEntry other) =>
        one.DueMs < other.DueMs || (one.DueMs == other.DueMs && one.Offset < other.Offset);

    private int TakeFree()
    {
        int index = _firstFree;
        if (index != None)
        {
            _firstFree = _entries[index].Next;
            return index;
        }

        if (_used == _entries.Length)
        {
            Array.Resize(ref _entries, 2 * _used);
        }

        return _used++;
    }

    private void TakeBack(ref GroupEntry entry)
    {
        if (entry.State == GroupEntryState.InFlight)
        {
            entry.Member!.Load--;
            entry.Member = null;
            entry.Lease = 0;
            InFlight--;
        }
    }

    private void LeavePage(ref GroupEntry entry)
    {
        if (entry.Page is { } page && --page.Entries == 0)
        {
            Release(page);
        }

        entry.Page = null;
    }

    private void Release(GroupPage page)
    {
        if (!page.IsReleased)
        {
            _bytes -= page.Capacity;
            memory.Add(-page.Capacity);
            _livePages--;
            page.Release();
        }
    }
}
