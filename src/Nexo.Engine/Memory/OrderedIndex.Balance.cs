namespace Nexo.Engine.Memory;

/// <content>Splits, merges and the firsts of inner nodes.</content>
internal sealed unsafe partial class OrderedIndex
{
    /// <summary>Walks the tree: its order, its firsts, its links. Returns the entries and counts the nodes.</summary>
    public long Check(out long nodes)
    {
        nodes = 0;
        long entries = _root == 0 ? 0 : CheckNode(_root, ref nodes);
        uint before = 0;
        long walked = 0;
        for (Position at = Seek([], after: false); !at.AtEnd; at = Next(at))
        {
            uint reference = ReferenceAt(at);
            Invariant.Require(
                before == 0 || Entry.Key(_arena.At(before)).SequenceCompareTo(Entry.Key(_arena.At(reference))) < 0,
                "the index is in order");
            before = reference;
            walked++;
        }

        Invariant.Require(walked == entries, "the leaves are linked as the tree says");
        return entries;
    }

    private static void InsertInLeaf(Node* leaf, int at, uint reference)
    {
        uint* references = leaf->References;
        int behind = leaf->Count - at;
        new Span<uint>(references + at, behind).CopyTo(new Span<uint>(references + at + 1, behind));
        references[at] = reference;
        leaf->Count++;
    }

    private static void InsertInInner(Node* inner, int at, Child child)
    {
        Child* children = inner->Children;
        int behind = inner->Count - at;
        new Span<Child>(children + at, behind).CopyTo(new Span<Child>(children + at + 1, behind));
        children[at] = child;
        inner->Count++;
    }

    private long CheckNode(uint node, ref long nodes)
    {
        nodes++;
        Node* at = At(node);
        Invariant.Require(at->Count > 0, "no node is empty");
        if (at->Level == 0)
        {
            return at->Count;
        }

        long entries = 0;
        for (int i = 0; i < at->Count; i++)
        {
            Child child = at->Children[i];
            Invariant.Require(At(child.Node)->Level == at->Level - 1, "levels go down by one");
            Invariant.Require(FirstOf(child.Node) == child.First, "an inner node knows the first entry of each child");
            entries += CheckNode(child.Node, ref nodes);
        }

        return entries;
    }

    private uint FirstOf(uint node)
    {
        Node* at = At(node);
        return at->Level == 0 ? at->References[0] : at->Children[0].First;
    }

    private uint NewNode(int level)
    {
        uint node = _arena.Allocate(_nodeBytes);
        *At(node) = new Node { Level = (ushort)level };
        return node;
    }

    private void FreeNode(uint node)
    {
        _arena.Free(node);
        if (node == _root)
        {
            _root = 0;
        }
    }

    private uint SplitLeaf(uint node, int kept)
    {
        uint added = NewNode(level: 0);
        Node* from = At(node);
        Node* to = At(added);
        int moved = from->Count - kept;
        new Span<uint>(from->References + kept, moved).CopyTo(new Span<uint>(to->References, moved));
        to->Count = (ushort)moved;
        from->Count = (ushort)kept;
        to->Prev = node;
        to->Next = from->Next;
        if (to->Next != 0)
        {
            At(to->Next)->Prev = added;
        }

        from->Next = added;
        return added;
    }

    /// <summary>
    /// Puts a new child right of the one that the path took, and splits upwards as long as nodes are full.
    /// </summary>
    private void InsertChild(Path* path, int level, Child child)
    {
        while (level <= path->Height)
        {
            uint node = path->Node[level];
            Node* inner = At(node);
            int at = path->Index[level] + 1;
            if (inner->Count < _innerMax)
            {
                InsertInInner(inner, at, child);
                return;
            }

            int kept = at == inner->Count ? inner->Count - 1 : (inner->Count + 1) / 2;
            uint added = NewNode(level);
            Node* to = At(added);
            int moved = inner->Count - kept;
            new Span<Child>(inner->Children + kept, moved).CopyTo(new Span<Child>(to->Children, moved));
            to->Count = (ushort)moved;
            inner->Count = (ushort)kept;
            InsertInInner(at > kept ? to : inner, at > kept ? at - kept : at, child);
            child = new Child { First = FirstOf(added), Node = added };
            level++;
        }

        uint old = _root;
        _root = NewNode(level);
        Node* root = At(_root);
        InsertInInner(root, 0, new Child { First = FirstOf(old), Node = old });
        InsertInInner(root, 1, child);
    }

    /// <summary>
    /// The first entry of the path's leaf is now another one: tell the nodes above for which it is the first too.
    /// </summary>
    private void UpdateFirsts(Path* path, uint first)
    {
        for (int level = 1; level <= path->Height; level++)
        {
            int child = path->Index[level];
            At(path->Node[level])->Children[child].First = first;
            if (child != 0)
            {
                return;
            }
        }
    }

    /// <summary>Takes the child that the path took out of its parent, and the parent too if it was the last.</summary>
    private void RemoveChild(Path* path, int level)
    {
        for (; level <= path->Height; level++)
        {
            Node* inner = At(path->Node[level]);
            TakeChild(inner, path->Index[level]);
            if (inner->Count > 0)
            {
                if (path->Index[level] == 0)
                {
                    UpdateFirstsAbove(path, level);
                }

                LowerRoot();
                return;
            }

            FreeNode(path->Node[level]);
        }
    }

    private static void TakeChild(Node* inner, int at)
    {
        Child* children = inner->Children;
        int after = inner->Count - at - 1;
        new Span<Child>(children + at + 1, after).CopyTo(new Span<Child>(children + at, after));
        inner->Count--;
    }

    private void UpdateFirstsAbove(Path* path, int level)
    {
        uint first = FirstOf(path->Node[level]);
        for (int above = level + 1; above <= path->Height; above++)
        {
            int child = path->Index[above];
            At(path->Node[above])->Children[child].First = first;
            if (child != 0)
            {
                return;
            }
        }
    }

    private void LowerRoot()
    {
        Node* root = At(_root);
        while (root->Level > 0 && root->Count == 1)
        {
            uint only = root->Children[0].Node;
            _arena.Free(_root);
            _root = only;
            root = At(_root);
        }
    }

    private void UnlinkLeaf(Node* leaf)
    {
        if (leaf->Prev != 0)
        {
            At(leaf->Prev)->Next = leaf->Next;
        }

        if (leaf->Next != 0)
        {
            At(leaf->Next)->Prev = leaf->Prev;
        }
    }

    /// <summary>
    /// Joins a leaf that has become small with a neighbour below the same parent, if both fit with room to spare.
    /// </summary>
    private void MergeLeaf(Path* path)
    {
        if (path->Height == 0)
        {
            return;
        }

        Node* parent = At(path->Node[1]);
        int right = path->Index[1] + 1 < parent->Count ? path->Index[1] + 1 : path->Index[1];
        if (right == 0)
        {
            return;
        }

        uint fromNode = parent->Children[right].Node;
        Node* from = At(fromNode);
        Node* to = At(parent->Children[right - 1].Node);
        if (from->Count + to->Count > _leafMax * 3 / 4)
        {
            return;
        }

        new Span<uint>(from->References, from->Count).CopyTo(new Span<uint>(to->References + to->Count, from->Count));
        to->Count += from->Count;
        UnlinkLeaf(from);
        _arena.Free(fromNode);
        path->Index[1] = right;
        RemoveChild(path, level: 1);
    }
}
