using System.Runtime.InteropServices;

namespace Nexo.Engine.Memory;

/// <summary>
/// What is too large to be packed into its entry: of a hash or a set a table of entries whose keys are the fields, of a
/// sorted set beside it a tree of the same entries in their order, of a list a tree of elements alone.
/// Lies in a slot of its own; the entry holds its reference.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FieldTable
{
    /// <summary>Fewer elements are taken out one by one, and their memory is free at once.</summary>
    private const uint CutItemsMin = 64;

    public EntryTable Table;
    public CountedTree Tree;

    /// <summary>The items of the tree are those of the table.</summary>
    public bool Shares;

    /// <summary>The next table that waits to be torn down.</summary>
    public uint NextDead;

    public static uint Create(Arena arena, int nodeBytes, bool shares = false)
    {
        uint reference = arena.Allocate(sizeof(FieldTable));
        *(FieldTable*)arena.At(reference) = new FieldTable { Tree = new CountedTree(nodeBytes), Shares = shares };
        return reference;
    }

    /// <summary>Fields, members or elements.</summary>
    public readonly uint Count => Math.Max(Table.Count, Tree.Count);

    /// <summary>The table of a hash's entry.</summary>
    public static FieldTable* Of(Arena arena, byte* entry) => (FieldTable*)arena.At(ReferenceOf(entry));

    public static uint ReferenceOf(byte* entry) => *(uint*)Entry.ValueStart(entry);

    public bool TryGet(Arena arena, in KeyHash hasher, ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value)
    {
        bool found = Table.Find(arena, hasher.Of(field), field, out byte* entry) != null;
        value = found ? Entry.Value(entry) : default;
        return found;
    }

    /// <summary>Sets a field; true if it is new.</summary>
    public bool Set(Arena arena, in KeyHash hasher, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        ulong hash = hasher.Of(field);
        uint* place = Table.Find(arena, hash, field, out byte* entry);
        int bytes = Entry.Bytes(field.Length, value.Length, expires: false);
        if (place == null || !arena.Suits(*place, bytes))
        {
            uint reference = arena.Allocate(bytes);
            entry = arena.At(reference);
            Entry.Write(entry, EntryFlags.None, version: 1, field, value.Length);
            if (place == null)
            {
                Table.Insert(arena, hasher, hash, reference);
            }
            else
            {
                arena.Free(*place);
                *place = reference;
            }
        }

        Entry.SetValueLength(entry, value.Length);
        value.CopyTo(new Span<byte>(Entry.ValueStart(entry), value.Length));
        return place == null;
    }

    public bool Remove(Arena arena, in KeyHash hasher, ReadOnlySpan<byte> field)
    {
        ulong hash = hasher.Of(field);
        uint* place = Table.Find(arena, hash, field, out _);
        if (place == null)
        {
            return false;
        }

        uint reference = *place;
        if (Shares)
        {
            Tree.RemoveAt(arena, RankOf(arena, arena.At(reference)));
        }

        Table.Remove(arena, hasher, hash, place);
        arena.Free(reference);
        return true;
    }

    /// <summary>Gives a member its score.</summary>
    public void SetScore(Arena arena, in KeyHash hasher, ReadOnlySpan<byte> member, double score)
    {
        ulong hash = hasher.Of(member);
        uint reference;
        uint* place = Table.Find(arena, hash, member, out byte* item);
        if (place == null)
        {
            reference = arena.Allocate(Entry.Bytes(member.Length, ScoreBytes.Length, expires: false));
            item = arena.At(reference);
            Entry.Write(item, EntryFlags.None, version: 1, member, ScoreBytes.Length);
            Table.Insert(arena, hasher, hash, reference);
        }
        else if (ScoredItem.Score(item).Equals(score))
        {
            return;
        }
        else
        {
            reference = *place;
            Tree.RemoveAt(arena, RankOf(arena, item));
        }

        ScoreBytes.Write(new Span<byte>(Entry.ValueStart(item), ScoreBytes.Length), score);
        Tree.Insert(arena, RankOf(arena, item), reference);
    }

    /// <summary>Gives the place in a list that has this label an element: another one, or one more.</summary>
    public void SetElement(Arena arena, long label, ReadOnlySpan<byte> element)
    {
        uint reference = arena.Allocate(ListItem.Bytes(element.Length));
        ListItem.Write(arena.At(reference), label, element);
        uint count = Tree.Count;
        uint rank = count == 0 || label > LabelAt(arena, count - 1) ? count
            : label < LabelAt(arena, 0) ? 0
            : Tree.RankOf(arena, ItemProbe.Label(label), after: false);
        if (rank < count && LabelAt(arena, rank) == label)
        {
            uint old = Tree.Seek(arena, rank).Reference;
            Tree.Replace(arena, rank, reference);
            arena.Free(old);
            return;
        }

        Tree.Insert(arena, rank, reference);
    }

    /// <summary>Takes out the elements of a list whose labels lie in a range, both ends included.</summary>
    public void RemoveElements(Arena arena, long first, long last, ref uint dead)
    {
        uint from = Tree.RankOf(arena, ItemProbe.Label(first), after: false);
        uint behind = Tree.RankOf(arena, ItemProbe.Label(last), after: true);
        if (behind <= from)
        {
            return;
        }

        uint items = behind - from;
        if (items > CutItemsMin && from == 0 && behind < Tree.Count)
        {
            Tree.CutFront(arena, items, ref dead);
        }
        else if (items > CutItemsMin && from > 0 && behind == Tree.Count)
        {
            Tree.CutBack(arena, items, ref dead);
        }
        else
        {
            for (; items > 0; items--)
            {
                arena.Free(Tree.RemoveAt(arena, from));
            }
        }
    }

    public readonly long LabelAt(Arena arena, uint rank) => ListItem.Label(arena.At(Tree.Seek(arena, rank).Reference));

    private readonly uint RankOf(Arena arena, byte* item) =>
        Tree.RankOf(arena, ItemProbe.Scored(ScoredItem.Score(item), Entry.Key(item)), after: false);
}
