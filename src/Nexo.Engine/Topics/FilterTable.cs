using Nexo.Engine.Memory;

namespace Nexo.Engine.Topics;

/// <summary>
/// Filters: those without wildcards by their text, the others as a tree of their levels. One hash table finds both, by a parent and a
/// text; it grows bucket by bucket, so nobody waits for it. Guarded by its shard's lock.
/// </summary>
internal sealed unsafe partial class FilterTable : IDisposable
{
    /// <summary>The parent of filters without wildcards.</summary>
    public const int Exact = 0;

    /// <summary>The parent of first levels.</summary>
    public const int Root = 1;

    private const int BucketsAtFirst = 16;

    private readonly KeyHash _hasher;
    private readonly Arena _texts;
    private ChunkedList<FilterNode> _nodes = new();
    private ChunkedList<int> _buckets = new();
    private int _bucketMask = BucketsAtFirst - 1;
    private int _hashed;
    private int _count;
    private int _free;

    public FilterTable(KeyHash hasher, Arena texts)
    {
        _hasher = hasher;
        _texts = texts;
        _nodes.Add();
        _nodes.Add();
        for (int i = 0; i < BucketsAtFirst; i++)
        {
            _buckets.Add();
        }
    }

    /// <summary>Nodes of filters, and of levels on the way to some.</summary>
    public int Count => Volatile.Read(ref _count);

    public void Dispose() => _texts.Dispose();

    /// <summary>The node of a filter, or 0.</summary>
    public int Find(ReadOnlySpan<byte> filter, bool isWildcard)
    {
        if (!isWildcard)
        {
            return Find(Exact, filter, _hasher.Of(filter));
        }

        int node = Root;
        for (ReadOnlySpan<byte> left = filter; node != 0;)
        {
            ReadOnlySpan<byte> level = TopicRules.FirstLevel(left);
            node = level switch
            {
                [(byte)'+'] => _nodes[node].Plus,
                [(byte)'#'] => _nodes[node].Rest,
                _ => Find(node, level, _hasher.Of(level)),
            };
            if (level.Length == left.Length)
            {
                break;
            }

            left = left[(level.Length + 1)..];
        }

        return node;
    }

    /// <summary>The node of a filter, which is made if it is not there: then it is to be given a receiver.</summary>
    public int FindOrAdd(ReadOnlySpan<byte> filter, bool isWildcard)
    {
        if (!isWildcard)
        {
            return FindOrAdd(Exact, filter);
        }

        int node = Root;
        for (ReadOnlySpan<byte> left = filter; ;)
        {
            ReadOnlySpan<byte> level = TopicRules.FirstLevel(left);
            node = level switch
            {
                [(byte)'+'] => PlusOf(node),
                [(byte)'#'] => RestOf(node),
                _ => FindOrAdd(node, level),
            };
            if (level.Length == left.Length)
            {
                return node;
            }

            left = left[(level.Length + 1)..];
        }
    }

    /// <summary>Removes a node that leads nowhere, and those above that then do not either.</summary>
    public void Prune(int id)
    {
        while (id > Root)
        {
            ref FilterNode node = ref _nodes[id];
            if (node.Receivers != 0 || node.Children != 0)
            {
                return;
            }

            int parent = node.Parent;
            ref FilterNode above = ref _nodes[parent];
            if (above.Plus == id)
            {
                above.Plus = 0;
            }
            else if (above.Rest == id)
            {
                above.Rest = 0;
            }
            else
            {
                Unhash(id);
            }

            above.Children--;
            Free(id);
            id = parent;
        }
    }

    public bool IsExact(int id) => _nodes[id].Parent == Exact;

    /// <summary>The text of a node that is a whole filter without wildcards; valid while it is there.</summary>
    public ReadOnlySpan<byte> TextOf(int id) => TextOf(ref _nodes[id]);

    /// <summary>The filter that a node stands for.</summary>
    public byte[] FilterOf(int id)
    {
        if (IsExact(id))
        {
            return TextOf(id).ToArray();
        }

        var levels = new List<byte[]>();
        int length = -1;
        for (int at = id; at != Root; at = _nodes[at].Parent)
        {
            ref FilterNode above = ref _nodes[_nodes[at].Parent];
            byte[] level = above.Plus == at ? [(byte)'+'] : above.Rest == at ? [(byte)'#'] : TextOf(at).ToArray();
            levels.Add(level);
            length += level.Length + 1;
        }

        byte[] filter = new byte[length];
        int to = 0;
        for (int i = levels.Count - 1; i >= 0; i--)
        {
            levels[i].CopyTo(filter, to);
            to += levels[i].Length;
            if (i > 0)
            {
                filter[to++] = TopicRules.Separator;
            }
        }

        return filter;
    }

    private ReadOnlySpan<byte> TextOf(ref FilterNode node) =>
        node.Text == 0 ? default : new ReadOnlySpan<byte>(_texts.At(node.Text), node.TextLength);

    private int Find(int parent, ReadOnlySpan<byte> text, ulong textHash)
    {
        uint hash = Mix(parent, textHash);
        for (int id = _buckets[BucketOf(hash)]; id != 0;)
        {
            ref FilterNode node = ref _nodes[id];
            if (node.Hash == hash && node.Parent == parent && TextOf(ref node).SequenceEqual(text))
            {
                return id;
            }

            id = node.Next;
        }

        return 0;
    }

    private int FindOrAdd(int parent, ReadOnlySpan<byte> text)
    {
        ulong textHash = _hasher.Of(text);
        int id = Find(parent, text, textHash);
        if (id != 0)
        {
            return id;
        }

        id = Allocate(parent);
        ref FilterNode node = ref _nodes[id];
        node.Hash = Mix(parent, textHash);
        node.TextLength = (ushort)text.Length;
        if (!text.IsEmpty)
        {
            node.Text = _texts.Allocate(text.Length);
            text.CopyTo(new Span<byte>(_texts.At(node.Text), text.Length));
        }

        ref int bucket = ref _buckets[BucketOf(node.Hash)];
        node.Next = bucket;
        bucket = id;
        if (++_hashed > _buckets.Count)
        {
            SplitBucket();
        }

        return id;
    }

    private int PlusOf(int parent)
    {
        int id = _nodes[parent].Plus;
        if (id == 0)
        {
            id = Allocate(parent);
            _nodes[parent].Plus = id;
        }

        return id;
    }

    private int RestOf(int parent)
    {
        int id = _nodes[parent].Rest;
        if (id == 0)
        {
            id = Allocate(parent);
            _nodes[parent].Rest = id;
        }

        return id;
    }

    private int Allocate(int parent)
    {
        int id = _free;
        if (id == 0)
        {
            id = _nodes.Add();
        }
        else
        {
            _free = _nodes[id].Next;
        }

        _nodes[id] = new FilterNode { Parent = parent };
        _nodes[parent].Children++;
        Volatile.Write(ref _count, _count + 1);
        return id;
    }

    private void Free(int id)
    {
        ref FilterNode node = ref _nodes[id];
        if (node.Text != 0)
        {
            _texts.Free(node.Text);
        }

        node = new FilterNode { Next = _free };
        _free = id;
        Volatile.Write(ref _count, _count - 1);
    }

    private void Unhash(int id)
    {
        ref FilterNode node = ref _nodes[id];
        ref int link = ref _buckets[BucketOf(node.Hash)];
        while (link != id)
        {
            link = ref _nodes[link].Next;
        }

        link = node.Next;
        _hashed--;
    }

    // Linear hashing (Litwin 1980): the table grows by one bucket, into which half of another goes.
    private int BucketOf(uint hash)
    {
        int bucket = (int)(hash & (uint)_bucketMask);
        return bucket < _buckets.Count ? bucket : bucket & (_bucketMask >> 1);
    }

    private void SplitBucket()
    {
        int added = _buckets.Add();
        if (added > _bucketMask)
        {
            _bucketMask = (_bucketMask << 1) | 1;
        }

        int id = _buckets[added & (_bucketMask >> 1)];
        _buckets[added & (_bucketMask >> 1)] = 0;
        while (id != 0)
        {
            ref FilterNode node = ref _nodes[id];
            int next = node.Next;
            ref int bucket = ref _buckets[BucketOf(node.Hash)];
            node.Next = bucket;
            bucket = id;
            id = next;
        }
    }

    // The text's hash is keyed; this spreads it over parents.
    private static uint Mix(int parent, ulong textHash) =>
        (uint)(((textHash ^ ((ulong)parent * 0x9E37_79B9_7F4A_7C15)) * 0xD6E8_FEB8_6659_FD93) >> 32);
}
