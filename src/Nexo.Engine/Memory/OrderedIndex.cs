using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nexo.Engine.Memory;

/// <summary>
/// B+tree over the entries of a shard in bytewise order of their keys, for work by prefix. It holds references only:
/// keys are compared in the entries. Leaves hold references; inner nodes hold for each child <c>[first][child]</c>,
/// the reference of the first entry below it and the node. Leaves are linked both ways. An entry must be alive, at
/// the same reference, from <see cref="Insert"/> to <see cref="Remove"/>; <see cref="Replace"/> says that it has
/// moved.
/// </summary>
internal sealed unsafe partial class OrderedIndex
{
    private const int HeaderBytes = 16;

    private readonly Arena _arena;
    private readonly int _nodeBytes;
    private readonly int _leafMax;
    private readonly int _innerMax;
    private uint _root;

    public OrderedIndex(Arena arena, int nodeBytes)
    {
        _arena = arena;
        _nodeBytes = nodeBytes;
        _leafMax = (nodeBytes - HeaderBytes) / sizeof(uint);
        _innerMax = (nodeBytes - HeaderBytes) / sizeof(Child);
    }

    public void Insert(uint reference)
    {
        if (_root == 0)
        {
            _root = NewNode(level: 0);
        }

        Path path;
        Descend(Entry.Key(_arena.At(reference)), &path);
        Node* leaf = At(path.Node[0]);
        int at = path.Index[0];
        if (at == 0)
        {
            UpdateFirsts(&path, reference);
        }

        if (leaf->Count < _leafMax)
        {
            InsertInLeaf(leaf, at, reference);
        }
        else
        {
            // Keys that come in order fill their leaves: only the new one goes to the new leaf.
            bool append = at == leaf->Count && leaf->Next == 0;
            int kept = append ? leaf->Count : (leaf->Count + 1) / 2;
            uint added = SplitLeaf(path.Node[0], kept);
            bool inAdded = at > kept || append;
            InsertInLeaf(inAdded ? At(added) : leaf, inAdded ? at - kept : at, reference);
            InsertChild(&path, level: 1, new Child { First = FirstOf(added), Node = added });
        }
    }

    public void Remove(uint reference)
    {
        Path path;
        FindExact(reference, &path);
        Node* leaf = At(path.Node[0]);
        int at = path.Index[0];
        uint* references = leaf->References;
        int behind = leaf->Count - at - 1;
        new Span<uint>(references + at + 1, behind).CopyTo(new Span<uint>(references + at, behind));
        leaf->Count--;
        if (leaf->Count == 0)
        {
            UnlinkLeaf(leaf);
            FreeNode(path.Node[0]);
            RemoveChild(&path, level: 1);
            return;
        }

        if (at == 0)
        {
            UpdateFirsts(&path, references[0]);
        }

        if (leaf->Count < _leafMax / 4)
        {
            MergeLeaf(&path);
        }
    }

    /// <summary>
    /// The entry at <paramref name="old"/> now lives at <paramref name="moved"/>; both must be readable.
    /// </summary>
    public void Replace(uint old, uint moved)
    {
        Path path;
        FindExact(old, &path);
        At(path.Node[0])->References[path.Index[0]] = moved;
        if (path.Index[0] == 0)
        {
            UpdateFirsts(&path, moved);
        }
    }

    /// <summary>The first place whose key is not before <paramref name="key"/>, or is after it.</summary>
    public Position Seek(ReadOnlySpan<byte> key, bool after)
    {
        if (_root == 0)
        {
            return default;
        }

        Path path;
        bool exact = Descend(key, &path);
        var position = new Position { Leaf = path.Node[0], Index = path.Index[0] + (exact && after ? 1 : 0) };
        return Settle(position);
    }

    /// <summary>The arena is going: there is nothing left to point at.</summary>
    public void Forget() => _root = 0;

    public uint ReferenceAt(Position position) => At(position.Leaf)->References[position.Index];

    public Position Next(Position position) =>
        Settle(new Position { Leaf = position.Leaf, Index = position.Index + 1 });

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Node* At(uint node) => (Node*)_arena.At(node);

    private Position Settle(Position position)
    {
        Node* leaf = At(position.Leaf);
        return position.Index < leaf->Count ? position : new Position { Leaf = leaf->Next };
    }

    /// <summary>
    /// The way to where the key is or belongs: <c>Index[0]</c> is its place in the leaf, above the child that was
    /// taken. True: the key is there.
    /// </summary>
    private bool Descend(ReadOnlySpan<byte> key, Path* path)
    {
        uint node = _root;
        path->Height = At(node)->Level;
        while (true)
        {
            Node* at = At(node);
            int level = at->Level;
            path->Node[level] = node;
            if (level == 0)
            {
                path->Index[0] = LowerBound(at, key, out bool exact);
                return exact;
            }

            int child = LastNotAfter(at, key);
            path->Index[level] = child;
            node = at->Children[child].Node;
        }
    }

    private void FindExact(uint reference, Path* path)
    {
        bool found = Descend(Entry.Key(_arena.At(reference)), path);
        Invariant.Require(
            found && At(path->Node[0])->References[path->Index[0]] == reference, "the index holds every entry");
    }

    private int LowerBound(Node* leaf, ReadOnlySpan<byte> key, out bool exact)
    {
        int low = 0;
        int high = leaf->Count;
        exact = false;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            int order = Entry.Key(_arena.At(leaf->References[middle])).SequenceCompareTo(key);
            if (order == 0)
            {
                exact = true;
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private int LastNotAfter(Node* inner, ReadOnlySpan<byte> key)
    {
        // The first child takes everything that comes before the others.
        int low = 1;
        int high = inner->Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            int order = Entry.Key(_arena.At(inner->Children[middle].First)).SequenceCompareTo(key);
            if (order <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    /// <summary>A place in a leaf; leaf 0 is past the end. Valid until the index changes.</summary>
    internal struct Position
    {
        public uint Leaf;
        public int Index;

        public readonly bool AtEnd => Leaf == 0;
    }

    private struct Child
    {
        public uint First;
        public uint Node;
    }

    /// <summary>
    /// Header: <c>[u16 count][u16 level][u32 next][u32 prev][u32 unused]</c> = 16 bytes, then the slots.
    /// </summary>
    [StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
    private struct Node
    {
        public ushort Count;
        public ushort Level;
        public uint Next;
        public uint Prev;

        // Nodes live in native memory: their address stays.
        public uint* References => (uint*)((byte*)Unsafe.AsPointer(ref this) + HeaderBytes);

        public Child* Children => (Child*)((byte*)Unsafe.AsPointer(ref this) + HeaderBytes);
    }

    /// <summary>24 levels: with at least two children each, more than an arena has slots for.</summary>
    private struct Path
    {
        public int Height;
        public fixed uint Node[24];
        public fixed int Index[24];
    }
}
