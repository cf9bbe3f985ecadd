namespace Nexo.Engine.Memory;

/// <content>Splits, merges, cuts, and the tearing down.</content>
internal unsafe partial struct CountedTree
{
    /// <summary>
    /// Takes the first items off, fewer than there are. What becomes of a whole subtree does not depend on its size: it
    /// is given to <paramref name="dead"/>, a list of tables to be torn down.
    /// </summary>
    public void CutFront(Arena arena, uint items, ref uint dead)
    {
        Count -= items;
        Path path;
        Descend(arena, items, inserting: false, &path);
        for (int level = path.Height; level > 0; level--)
        {
            Node* node = At(arena, path.Node[level]);
            Child* children = node->Children;
            int gone = path.Index[level];
            for (int i = 0; i < gone; i++)
            {
                items -= children[i].Count;
                Bury(arena, children[i], ref dead);
            }

            node->Count -= (ushort)gone;
            new Span<Child>(children + gone, node->Count).CopyTo(new Span<Child>(children, node->Count));
            children[0].Count -= items;
            path.Index[level] = 0;
        }

        Node* leaf = At(arena, path.Node[0]);
        uint* references = leaf->References;
        for (int i = 0; i < (int)items; i++)
        {
            arena.Free(references[i]);
        }

        leaf->Count -= (ushort)items;
        new Span<uint>(references + items, leaf->Count).CopyTo(new Span<uint>(references, leaf->Count));
        leaf->Prev = 0;
        UpdateFirsts(arena, &path, from: 1, references[0]);
        Collapse(arena);
    }

    /// <summary>As <see cref="CutFront"/>, for the last items.</summary>
    public void CutBack(Arena arena, uint items, ref uint dead)
    {
        Count -= items;
        Path path;
        Descend(arena, Count, inserting: true, &path);
        for (int level = path.Height; level > 0; level--)
        {
            Node* node = At(arena, path.Node[level]);
            Child* children = node->Children;
            int kept = path.Index[level] + 1;
            for (int i = kept; i < node->Count; i++)
            {
                items -= children[i].Count;
                Bury(arena, children[i], ref dead);
            }

            node->Count = (ushort)kept;
            children[kept - 1].Count -= items;
        }

        Node* leaf = At(arena, path.Node[0]);
        for (int i = 1; i <= (int)items; i++)
        {
            arena.Free(leaf->References[leaf->Count - i]);
        }

        leaf->Count -= (ushort)items;
        leaf->Next = 0;
        Collapse(arena);
    }

    /// <summary>
    /// Takes the last item out, for tearing a tree down in slices; 0: it is empty and its memory is free. The tree serves
    /// nothing else once this has begun.
    /// </summary>
    public uint Tear(Arena arena)
    {
        while (_root != 0)
        {
            uint reference = _root;
            Node* above = null;
            Node* node = At(arena, reference);
            while (node->Level > 0 && node->Count > 0)
            {
                above = node;
                reference = node->Children[node->Count - 1].Node;
                node = At(arena, reference);
            }

            if (node->Count > 0)
            {
                node->Count--;
                Count--;
                return node->References[node->Count];
            }

            arena.Free(reference);
            if (above == null)
            {
                _root = 0;
            }
            else
            {
                above->Count--;
            }
        }

        return 0;
    }

    /// <summary>Walks everything; a broken invariant throws. The nodes are counted, their order is not looked at.</summary>
    public readonly long CountNodes(Arena arena)
    {
        long nodes = 0;
        uint items = _root == 0 ? 0 : Check(arena, _root, ref nodes);
        Invariant.Require(items == Count, "a counted tree counts its items");
        return nodes;
    }

    /// <summary>As above, of a tree that is being torn down: what its nodes say of each other does not hold any more.</summary>
    public readonly long CountTornNodes(Arena arena) => _root == 0 ? 0 : CountTorn(arena, _root);

    private static long CountTorn(Arena arena, uint reference)
    {
        long nodes = 1;
        Node* node = At(arena, reference);
        for (int i = 0; node->Level > 0 && i < node->Count; i++)
        {
            nodes += CountTorn(arena, node->Children[i].Node);
        }

        return nodes;
    }

    private readonly uint Check(Arena arena, uint reference, ref long nodes)
    {
        nodes++;
        Node* node = At(arena, reference);
        Invariant.Require(node->Count > 0, "no node is empty");
        Invariant.Require(node->Count <= (node->Level == 0 ? LeafMax : InnerMax), "no node is overfull");
        if (node->Level == 0)
        {
            return node->Count;
        }

        uint items = 0;
        for (int i = 0; i < node->Count; i++)
        {
            Child child = node->Children[i];
            Node* below = At(arena, child.Node);
            uint first = below->Level == 0 ? below->References[0] : below->Children[0].First;
            Invariant.Require(below->Level == node->Level - 1 && first == child.First, "a child is known by its first");
            Invariant.Require(Check(arena, child.Node, ref nodes) == child.Count, "a child is counted");
            items += child.Count;
        }

        return items;
    }

    private readonly uint NewNode(Arena arena, int level)
    {
        uint reference = arena.Allocate(_nodeBytes);
        Node* node = At(arena, reference);
        *node = default;
        node->Level = (ushort)level;
        return reference;
    }

    private static void InsertInLeaf(Node* leaf, int at, uint reference)
    {
        uint* references = leaf->References;
        int behind = leaf->Count - at;
        new Span<uint>(references + at, behind).CopyTo(new Span<uint>(references + at + 1, behind));
        references[at] = reference;
        leaf->Count++;
    }

    private readonly uint SplitLeaf(Arena arena, uint reference, int kept)
    {
        uint added = NewNode(arena, level: 0);
        Node* leaf = At(arena, reference);
        Node* right = At(arena, added);
        int moved = leaf->Count - kept;
        new Span<uint>(leaf->References + kept, moved).CopyTo(new Span<uint>(right->References, moved));
        right->Count = (ushort)moved;
        leaf->Count = (ushort)kept;
        right->Prev = reference;
        right->Next = leaf->Next;
        leaf->Next = added;
        if (right->Next != 0)
        {
            At(arena, right->Next)->Prev = added;
        }

        return added;
    }

    private static void UnlinkLeaf(Arena arena, Node* leaf)
    {
        if (leaf->Prev != 0)
        {
            At(arena, leaf->Prev)->Next = leaf->Next;
        }

        if (leaf->Next != 0)
        {
            At(arena, leaf->Next)->Prev = leaf->Prev;
        }
    }

    private static void UpdateFirsts(Arena arena, Path* path, int from, uint first)
    {
        for (int level = from; level <= path->Height; level++)
        {
            At(arena, path->Node[level])->Children[path->Index[level]].First = first;
            if (path->Index[level] != 0)
            {
                return;
            }
        }
    }

    /// <summary>Puts a child behind the one of the path, which has had its items so far.</summary>
    private void InsertChild(Arena arena, Path* path, int level, Child child)
    {
        if (level > path->Height)
        {
            Node* old = At(arena, _root);
            uint first = old->Level == 0 ? old->References[0] : old->Children[0].First;
            uint root = NewNode(arena, level);
            Node* top = At(arena, root);
            top->Count = 1;
            top->Children[0] = new Child { First = first, Node = _root, Count = Count };
            _root = root;
            path->Node[level] = root;
            path->Index[level] = 0;
            path->Height = level;
        }

        Node* node = At(arena, path->Node[level]);
        int at = path->Index[level] + 1;
        node->Children[at - 1].Count -= child.Count;
        if (node->Count < InnerMax)
        {
            InsertInInner(node, at, child);
            return;
        }

        int kept = at == node->Count ? node->Count : (node->Count + 1) / 2;
        uint added = NewNode(arena, level);
        node = At(arena, path->Node[level]);
        Node* right = At(arena, added);
        int moved = node->Count - kept;
        new Span<Child>(node->Children + kept, moved).CopyTo(new Span<Child>(right->Children, moved));
        right->Count = (ushort)moved;
        node->Count = (ushort)kept;
        bool inAdded = at > kept || at == node->Count + moved;
        InsertInInner(inAdded ? right : node, inAdded ? at - kept : at, child);
        uint items = 0;
        for (int i = 0; i < right->Count; i++)
        {
            items += right->Children[i].Count;
        }

        var half = new Child { First = right->Children[0].First, Node = added, Count = items };
        InsertChild(arena, path, level + 1, half);
    }

    private static void InsertInInner(Node* node, int at, Child child)
    {
        int behind = node->Count - at;
        new Span<Child>(node->Children + at, behind).CopyTo(new Span<Child>(node->Children + at + 1, behind));
        node->Children[at] = child;
        node->Count++;
    }

    /// <summary>Takes the child of the path out, whose node is free already.</summary>
    private void RemoveChild(Arena arena, Path* path, int level)
    {
        if (level > path->Height)
        {
            _root = 0;
            return;
        }

        Node* node = At(arena, path->Node[level]);
        int at = path->Index[level];
        node->Count--;
        int behind = node->Count - at;
        new Span<Child>(node->Children + at + 1, behind).CopyTo(new Span<Child>(node->Children + at, behind));
        if (node->Count == 0)
        {
            arena.Free(path->Node[level]);
            RemoveChild(arena, path, level + 1);
            return;
        }

        if (at == 0)
        {
            UpdateFirsts(arena, path, level + 1, node->Children[0].First);
        }

        if (level == path->Height)
        {
            Collapse(arena);
        }
        else if (node->Count <= InnerMax / 4)
        {
            Merge(arena, path, level);
        }
    }

    /// <summary>A root with one child makes way for it.</summary>
    private void Collapse(Arena arena)
    {
        for (Node* root = At(arena, _root); root->Level > 0 && root->Count == 1; root = At(arena, _root))
        {
            uint old = _root;
            _root = root->Children[0].Node;
            arena.Free(old);
        }
    }

    /// <summary>Puts a node that is rather empty together with a neighbour, if there is room to spare.</summary>
    private void Merge(Arena arena, Path* path, int level)
    {
        if (level == path->Height)
        {
            return;
        }

        Node* above = At(arena, path->Node[level + 1]);
        int at = path->Index[level + 1];
        int left = at + 1 < above->Count ? at : at - 1;
        if (left < 0)
        {
            return;
        }

        Child gone = above->Children[left + 1];
        Node* into = At(arena, above->Children[left].Node);
        Node* from = At(arena, gone.Node);
        int max = level == 0 ? LeafMax : InnerMax;
        if (into->Count + from->Count > max * 3 / 4)
        {
            return;
        }

        if (level == 0)
        {
            new Span<uint>(from->References, from->Count)
                .CopyTo(new Span<uint>(into->References + into->Count, from->Count));
            UnlinkLeaf(arena, from);
        }
        else
        {
            new Span<Child>(from->Children, from->Count)
                .CopyTo(new Span<Child>(into->Children + into->Count, from->Count));
        }

        into->Count += from->Count;
        above->Children[left].Count += gone.Count;
        arena.Free(gone.Node);
        path->Index[level + 1] = left + 1;
        RemoveChild(arena, path, level + 1);
    }

    private readonly void Bury(Arena arena, Child child, ref uint dead)
    {
        uint reference = FieldTable.Create(arena, _nodeBytes);
        var table = (FieldTable*)arena.At(reference);
        table->Tree._root = child.Node;
        table->Tree.Count = child.Count;
        table->NextDead = dead;
        dead = reference;
    }
}
