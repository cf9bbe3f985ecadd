namespace Nexo.Engine.Sessions;

/// <summary>
/// Messages of one session by number: numbers ascend from 1 over its whole life. From the first that is present to the last that
/// came each has a place, also those between them that are gone. Guarded by the session's lock.
/// </summary>
internal sealed class SessionRing
{
    /// <summary>Of each place.</summary>
    public const int ItemBytes = 16;

    private const int ItemsAtFirst = 4;

    // More is given back when nothing is left.
    private const int ItemsKept = 256;

    private SessionItem[] _items = [];

    /// <summary>The first that may be present; one more than <see cref="Last"/> if there is none.</summary>
    public ulong First { get; private set; } = 1;

    /// <summary>The last number that was given out.</summary>
    public ulong Last { get; private set; }

    public int Capacity => _items.Length;

    /// <summary>Places from the first to the last.</summary>
    public long Span => (long)(Last + 1 - First);

    /// <summary>How many places it is to have for so many more.</summary>
    public int CapacityFor(int more)
    {
        long wanted = Span + more;
        long capacity = Math.Max(ItemsAtFirst, _items.Length);
        while (capacity < wanted)
        {
            capacity *= 2;
        }

        return checked((int)capacity);
    }

    public void Grow(int capacity)
    {
        var items = new SessionItem[capacity];
        for (ulong number = First; number <= Last; number++)
        {
            items[(int)(number & (ulong)(capacity - 1))] = this[number];
        }

        _items = items;
    }

    /// <summary>One from the first to the last.</summary>
    public ref SessionItem this[ulong number] => ref _items[(int)(number & (ulong)(_items.Length - 1))];

    /// <summary>Adds one; there is room.</summary>
    public void Add(SessionItem item) => this[++Last] = item;

    /// <summary>Goes on behind a number, all up to it are gone; only when none is there.</summary>
    public void SkipTo(ulong last)
    {
        Last = last;
        First = last + 1;
    }

    /// <summary>One is gone; so are the places at the beginning that nobody has any more.</summary>
    public void Remove(ulong number)
    {
        this[number] = default;
        while (First <= Last && !this[First].IsPresent)
        {
            First++;
        }
    }

    /// <summary>Gives back what a burst has taken, when nothing is left; how many places that were.</summary>
    public int Shrink(bool entirely)
    {
        int capacity = _items.Length;
        if (First <= Last || (!entirely && capacity <= ItemsKept))
        {
            return 0;
        }

        _items = [];
        return capacity;
    }
}
