using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <summary>How a slice of work over a prefix ended.</summary>
internal enum SliceEnd
{
    /// <summary>Nothing of the prefix is left in this shard.</summary>
    ShardDone,

    /// <summary>Go on after the last key, in a new hold of the lock.</summary>
    SliceFull,

    /// <summary>The caller has what it wanted, or can take no more.</summary>
    PageFull,

    /// <summary>The log has no room for a removal, and may have later; the rest of the slice was not done.</summary>
    DiskFull,

    /// <summary>The log takes no changes any more; the rest of the slice was not done.</summary>
    LogFailed,
}

/// <content>Work by prefix, in slices over the ordered index. Each slice begins after a key and says where it
/// stopped.</content>
internal sealed unsafe partial class StoreShard
{
    public SliceEnd Scan<TSink>(ReadOnlySpan<byte> prefix, ref KeyBuffer last, ref int limit, ref TSink sink)
        where TSink : IScanSink, allows ref struct
    {
        lock (_gate)
        {
            long now = NowIfNeeded();
            uint stopped = 0;
            SliceEnd end = SliceEnd.ShardDone;
            int looked = 0;
            for (OrderedIndex.Position at = Begin(prefix, last); !at.AtEnd; at = _index.Next(at))
            {
                uint reference = _index.ReferenceAt(at);
                byte* entry = _arena.At(reference);
                if (!Entry.Key(entry).StartsWith(prefix))
                {
                    break;
                }

                if (looked++ == _limits.Tuning.HoldKeysMax)
                {
                    end = SliceEnd.SliceFull;
                    break;
                }

                if (!Entry.IsDue(entry, now))
                {
                    if (limit == 0 || !sink.Add(KindOf(entry), Entry.Key(entry)))
                    {
                        end = SliceEnd.PageFull;
                        break;
                    }

                    limit--;
                }

                stopped = reference;
            }

            Remember(ref last, stopped);
            return end;
        }
    }

    public SliceEnd Count(ReadOnlySpan<byte> prefix, ref KeyBuffer last, ref long total)
    {
        lock (_gate)
        {
            long now = NowIfNeeded();
            uint stopped = 0;
            int looked = 0;
            for (OrderedIndex.Position at = Begin(prefix, last); !at.AtEnd; at = _index.Next(at))
            {
                uint reference = _index.ReferenceAt(at);
                byte* entry = _arena.At(reference);
                if (!Entry.Key(entry).StartsWith(prefix))
                {
                    return SliceEnd.ShardDone;
                }

                if (looked++ == _limits.Tuning.HoldKeysMax)
                {
                    Remember(ref last, stopped);
                    return SliceEnd.SliceFull;
                }

                total += Entry.IsDue(entry, now) ? 0 : 1;
                stopped = reference;
            }

            return SliceEnd.ShardDone;
        }
    }

    public SliceEnd Clear(ReadOnlySpan<byte> prefix, ref KeyBuffer last, ref long total)
    {
        lock (_gate)
        {
            if (AdmitRemoval(0) == StoreStatus.LogFailed)
            {
                return SliceEnd.LogFailed;
            }

            long now = NowIfNeeded();
            Span<uint> references = stackalloc uint[_limits.Tuning.HoldStepsMax];
            int count = 0;
            for (OrderedIndex.Position at = Begin(prefix, last);
                !at.AtEnd && count < references.Length;
                at = _index.Next(at))
            {
                references[count] = _index.ReferenceAt(at);
                if (!Entry.Key(_arena.At(references[count])).StartsWith(prefix))
                {
                    break;
                }

                count++;
            }

            Remember(ref last, count == 0 ? 0 : references[count - 1]);
            foreach (uint reference in references[..count])
            {
                byte* entry = _arena.At(reference);
                bool due = Entry.IsDue(entry, now);
                StoreStatus admitted = AdmitRemoval(Entry.KeyLength(entry));
                if (admitted == StoreStatus.LogFailed || (admitted != StoreStatus.Ok && !due))
                {
                    return admitted == StoreStatus.LogFailed ? SliceEnd.LogFailed : SliceEnd.DiskFull;
                }

                total += due ? 0 : 1;
                Remove(reference, due ? StoreChangeKind.Expired : StoreChangeKind.Deleted);
            }

            return count == references.Length ? SliceEnd.SliceFull : SliceEnd.ShardDone;
        }
    }

    private static StoreEntryKind KindOf(byte* entry) => Entry.Type(entry) switch
    {
        EntryFlags.Hash => StoreEntryKind.Hash,
        EntryFlags.List => StoreEntryKind.List,
        EntryFlags.Set => StoreEntryKind.Set,
        EntryFlags.SortedSet => StoreEntryKind.SortedSet,
        _ => StoreEntryKind.Value,
    };

    private long NowIfNeeded() => _wheel.Count > 0 ? _clock.NowMs : 0;

    private OrderedIndex.Position Begin(ReadOnlySpan<byte> prefix, in KeyBuffer last) =>
        last.IsEmpty ? _index.Seek(prefix, after: false) : _index.Seek(last.Key, after: true);

    private void Remember(ref KeyBuffer last, uint reference)
    {
        if (reference != 0)
        {
            last.Set(Entry.Key(_arena.At(reference)));
        }
    }
}
