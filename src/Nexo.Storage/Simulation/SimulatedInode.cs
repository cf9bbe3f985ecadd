namespace Nexo.Storage;

/// <summary>
/// A file without its names: what a reader sees, what is on the platter, and the changes between them, which a crash
/// may lose or tear, each for itself.
/// </summary>
internal sealed class SimulatedInode(int number)
{
    public const int BlockBytes = 4_096;

    private readonly List<Change> _unsynced = [];
    private readonly HashSet<int> _blocks = [];

    public int Number { get; } = number;

    /// <summary>What readers see.</summary>
    public SimulatedContent Content { get; private init; } = new();

    /// <summary>What is there after the next power loss at the least.</summary>
    public SimulatedContent Durable { get; private init; } = new();

    /// <summary>Room that it takes on the disk: in blocks of 4 KiB, those that were only skipped not counted.</summary>
    public long AllocatedBytes => (long)_blocks.Count * BlockBytes;

    public bool HasUnsynced => _unsynced.Count > 0;

    /// <summary>The room that this write would take beyond what the file has.</summary>
    public long RoomFor(long offset, int count)
    {
        int missing = 0;
        for (long block = offset / BlockBytes; block * BlockBytes < offset + count; block++)
        {
            missing += _blocks.Contains((int)block) ? 0 : 1;
        }

        return (long)missing * BlockBytes;
    }

    /// <param name="bytes">Kept, not copied.</param>
    public void Write(byte[] bytes, long offset)
    {
        if (bytes.Length == 0)
        {
            return;
        }

        Content.Write(bytes, offset);
        _unsynced.Add(new Change(bytes, offset));
        for (long block = offset / BlockBytes; block * BlockBytes < offset + bytes.Length; block++)
        {
            _blocks.Add((int)block);
        }
    }

    public void SetLength(long length)
    {
        Content.SetLength(length);
        _unsynced.Add(new Change(null, length));
        _blocks.RemoveWhere(block => (long)block * BlockBytes >= length);
    }

    public void Sync()
    {
        foreach (Change change in _unsynced)
        {
            change.Apply(Durable);
        }

        _unsynced.Clear();
    }

    /// <summary>
    /// A sync that failed: some of it arrived, and the kernel takes the rest for clean. Readers see all of it still,
    /// and the next sync succeeds without writing it.
    /// </summary>
    public void SyncBadly(Random random)
    {
        ApplySome(Durable, random);
        _unsynced.Clear();
    }

    /// <summary>A disk's change by damage, on a file at rest.</summary>
    public void Damage(Action<SimulatedContent> change)
    {
        change(Content);
        change(Durable);
    }

    /// <summary>What a power loss leaves.</summary>
    public SimulatedInode AfterCrash(Random random)
    {
        SimulatedContent left = Durable.Copy();
        ApplySome(left, random);
        return AtRest(left);
    }

    /// <summary>What the end of the process leaves: the kernel has all of it.</summary>
    public SimulatedInode AfterKill() => AtRest(Content.Copy());

    public SimulatedInode Copy()
    {
        var copy = new SimulatedInode(Number) { Content = Content.Copy(), Durable = Durable.Copy() };
        copy._unsynced.AddRange(_unsynced);
        copy._blocks.UnionWith(_blocks);
        return copy;
    }

    private void ApplySome(SimulatedContent target, Random random)
    {
        foreach (Change change in _unsynced)
        {
            change.ApplySome(target, random);
        }
    }

    private SimulatedInode AtRest(SimulatedContent content)
    {
        var rest = new SimulatedInode(Number) { Content = content, Durable = content.Copy() };
        rest._blocks.UnionWith(_blocks.Where(block => (long)block * BlockBytes < content.Length));
        return rest;
    }

    /// <summary>A write, or (without bytes) a change of length to <paramref name="Offset"/>.</summary>
    private readonly record struct Change(byte[]? Bytes, long Offset)
    {
        public void Apply(SimulatedContent target)
        {
            if (Bytes is null)
            {
                target.SetLength(Offset);
            }
            else
            {
                target.Write(Bytes, Offset);
            }
        }

        public void ApplySome(SimulatedContent target, Random random)
        {
            switch (random.Next(4))
            {
                case 0:
                    // Lost; but the new length may have got through without the content.
                    if (Bytes is not null && Offset + Bytes.Length > target.Length && random.Next(4) == 0)
                    {
                        target.SetLength(Offset + Bytes.Length);
                    }

                    break;
                case 1 when Bytes is not null:
                    ApplyTorn(target, Bytes, random);
                    break;
                case 2 when Bytes is null:
                    break;
                default:
                    Apply(target);
                    break;
            }
        }

        // Each sector arrives or does not, for itself; or all of them up to some point, or from it on.
        private void ApplyTorn(SimulatedContent target, byte[] bytes, Random random)
        {
            int sectorBytes = random.Next(2) == 0 ? 512 : 4_096;
            int shape = random.Next(3);
            long cut = Offset + random.Next(bytes.Length);
            long end = Offset + bytes.Length;
            for (long at = Offset; at < end;)
            {
                long next = Math.Min(end, ((at / sectorBytes) + 1) * sectorBytes);
                bool arrives = shape switch
                {
                    0 => random.Next(2) == 0,
                    1 => next <= cut,
                    _ => at >= cut,
                };
                if (arrives)
                {
                    target.Write(bytes.AsSpan((int)(at - Offset), (int)(next - at)), at);
                }

                at = next;
            }
        }
    }
}
