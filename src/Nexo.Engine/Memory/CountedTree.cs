using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nexo.Engine.Memory;

/// <summary>
/// References in an order, found by rank as fast as by what they are compared with: a B+tree in which every child has
/// the count of the items under it. Both ends are cheap, and items that come in order at either fill their leaves.
/// A plain struct over an <see cref="Arena"/>, as <see cref="EntryTable"/>: large lists and sorted sets have one each.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe partial struct CountedTree(int nodeBytes)
{
    private const int HeaderBytes = 16;
    private const int NodeBytesMin = 64;

    private readonly int _nodeBytes = Math.Max(NodeBytesMin, nodeBytes);
    private uint _root;

    /// <summary>Items in the tree.</summary>
    public uint Count { get; private set; }

    private readonly int LeafMax => (_nodeBytes - HeaderBytes) / sizeof(uint);

    private readonly int InnerMax => (_nodeBytes - HeaderBytes) / sizeof(Child);

    /// <summary>The place of the item with this rank, which is below <see cref="Count"/>.</summary>
    public readonly Position Seek(Arena arena, long rank)
    {
        Node* node = At(arena, _root);
        bool isLast = rank == Count - 1;
        while (node->Level > 0)
        {
            Child* child = node->Children;
            if (isLast)
            {
                child += node->Count - 1;
                rank = child->Count - 1;
            }

            while (rank >= child->Count)
            {
                rank -= child->Count;
                child++;
            }

            node = At(arena, child->Node);
        }

        return new Position(node, (int)rank);
    }

    /// <summary>How many items lie before a place.</summary>
    public readonly uint RankOf(Arena arena, in ItemProbe probe, bool after)
    {
        if (_root == 0)
        {
            return 0;
        }

        uint rank = 0;
        Node* node = At(arena, _root);
        while (node->Level > 0)
        {
            // The first child takes everything that comes before the others.
            Child* children = node->Children;
            int low = 1;
            int high = node->Count;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                bool behind = probe.IsBehind(arena.At(children[middle].First), after);
                (low, high) = behind ? (middle + 1, high) : (low, middle);
            }

            for (int i = 0; i < low - 1; i++)
            {
                rank += children[i].Count;
            }

            node = At(arena, children[low - 1].Node);
        }

        int first = 0;
        int last = node->Count;
        while (first < last)
        {
            int middle = (first + last) >>> 1;
            bool behind = probe.IsBehind(arena.At(node->References[middle]), after);
            (first, last) = behind ? (middle + 1, last) : (first, middle);
        }

        return rank + (uint)first;
    }

    /// <summary>Puts an item before the one that has this rank now.</summary>
    public void Insert(Arena arena, uint rank, uint reference)
    {
        Count++;
        if (_root == 0)
        {
            _root = NewNode(arena, level: 0);
        }

        Path path;
        Descend(arena, rank, inserting: true, &path);
        for (int level = 1; level <= path.Height; level++)
        {
            At(arena, path.Node[level])->Children[path.Index[level]].Count++;
        }

        Node* leaf = At(arena, path.Node[0]);
        int at = path.Index[0];
        if (at == 0)
        {
            UpdateFirsts(arena, &path, from: 1, reference);
        }

        if (leaf->Count == LeafMax)
        {
            // At the ends only the new one goes to a leaf of its own.
            int kept = at == leaf->Count && leaf->Next == 0 ? leaf->Count
                : at == 0 && leaf->Prev == 0 ? 0
                : (leaf->Count + 1) / 2;
            uint added = SplitLeaf(arena, path.Node[0], kept);
            bool inAdded = at > kept || (at == kept && kept != 0);
            InsertInLeaf(inAdded ? At(arena, added) : leaf, inAdded ? at - kept : at, reference);
            Node* right = At(arena, added);
            var child = new Child { First = right->References[0], Node = added, Count = right->Count };
            InsertChild(arena, &path, level: 1, child);
            return;
        }

        InsertInLeaf(leaf, at, reference);
    }

    /// <summary>Takes out the item with this rank, and returns its reference.</summary>
    public uint RemoveAt(Arena arena, uint rank)
    {
        Count--;
        Path path;
        Descend(arena, rank, inserting: false, &path);
        for (int level = 1; level <= path.Height; level++)
        {
            At(arena, path.Node[level])->Children[path.Index[level]].Count--;
        }

        Node* leaf = At(arena, path.Node[0]);
        int at = path.Index[0];
        uint* references = leaf->References;
        uint removed = references[at];
        int behind = leaf->Count - at - 1;
        new Span<uint>(references + at + 1, behind).CopyTo(new Span<uint>(references + at, behind));
        leaf->Count--;
        if (leaf->Count == 0)
        {
            UnlinkLeaf(arena, leaf);
            arena.Free(path.Node[0]);
            RemoveChild(arena, &path, level: 1);
            return removed;
        }

        if (at == 0)
        {
            UpdateFirsts(arena, &path, from: 1, references[0]);
        }

        if (leaf->Count < LeafMax / 4)
        {
            Merge(arena, &path, level: 0);
        }

        return removed;
    }

    /// <summary>The item with this rank now lives elsewhere, with the same place in the order.</summary>
    public readonly void Replace(Arena arena, uint rank, uint reference)
    {
        Path path;
        Descend(arena, rank, inserting: false, &path);
        At(arena, path.Node[0])->References[path.Index[0]] = reference;
        if (path.Index[0] == 0)
        {
            UpdateFirsts(arena, &path, from: 1, reference);
        }
    }

    /// <summary>The next place in the order, in constant time; at the end it is <see cref="Position.AtEnd"/>.</summary>
    public static Position Next(Arena arena, Position position)
    {
        Node* leaf = position.Leaf;
        return position.Index + 1 < leaf->Count ? new Position(leaf, position.Index + 1)
            : leaf->Next == 0 ? default
            : new Position(At(arena, leaf->Next), 0);
    }

    /// <summary>The place before, or the end where there is none.</summary>
    public static Position Previous(Arena arena, Position position)
    {
        if (position.Index > 0)
        {
            return new Position(position.Leaf, position.Index - 1);
        }

        uint reference = position.Leaf->Prev;
        Node* before = reference == 0 ? null : At(arena, reference);
        return before == null ? default : new Position(before, before->Count - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Node* At(Arena arena, uint node) => (Node*)arena.At(node);

    private readonly void Descend(Arena arena, uint rank, bool inserting, Path* path)
    {
        uint reference = _root;
        Node* node = At(arena, reference);
        path->Height = node->Level;
        while (node->Level > 0)
        {
            Child* children = node->Children;
            int at = 0;
            while (rank > children[at].Count || (!inserting && rank == children[at].Count))
            {
                rank -= children[at].Count;
                at++;
            }

            path->Node[node->Level] = reference;
            path->Index[node->Level] = at;
            reference = children[at].Node;
            node = At(arena, reference);
        }

        path->Node[0] = reference;
        path->Index[0] = (int)rank;
    }

    /// <summary>A place in the order, valid until the tree changes.</summary>
    internal readonly struct Position
    {
        internal readonly Node* Leaf;
        internal readonly int Index;

        internal Position(Node* leaf, int index)
        {
            Leaf = leaf;
            Index = index;
        }

        public bool AtEnd => Leaf == null;

        public uint Reference => Leaf->References[Index];
    }

    internal struct Child
    {
        public uint First;
        public uint Node;
        public uint Count;
    }

    /// <summary>
    /// Header: <c>[u16 count][u16 level][u32 next][u32 prev][u32 unused]</c> = 16 bytes, then the slots.
    /// </summary>
    [StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
    internal struct Node
    {
        public ushort Count;
        public ushort Level;
        public uint Next;
        public uint Prev;

        // Nodes live in native memory: their address stays.
        public uint* References => (uint*)((byte*)Unsafe.AsPointer(ref this) + HeaderBytes);

        public Child* Children => (Child*)((byte*)Unsafe.AsPointer(ref this) + HeaderBytes);
    }

    /// <summary>40 levels: with at least two children each, more than a count has bits for.</summary>
    private struct Path
    {
        public int Height;
        public fixed uint Node[40];
        public fixed int Index[40];
    }
}
