using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>The consistency check that tests end with: table, index, wheel and arena must tell the same
/// story.</content>
internal sealed unsafe partial class StoreShard
{
    private const int CheckedChainMax = 4_096;

    /// <summary>Walks everything; a broken invariant throws.</summary>
    public void Check()
    {
        lock (_gate)
        {
            long entries = 0;
            long expiring = 0;
            long slots = _table.CountSlots(_arena);
            Span<uint> references = stackalloc uint[CheckedChainMax];
            for (uint bucket = 0; bucket < _table.Buckets; bucket++)
            {
                int count = _table.Collect(_arena, bucket, references);
                foreach (uint reference in references[..count])
                {
                    CheckEntry(reference, ref expiring, ref slots);
                }

                entries += count;
            }

            Invariant.Require(entries == _table.Count, "the table counts its entries");
            Invariant.Require(_index.Check(out long nodes) == entries, "the index holds every entry, and no other");
            Invariant.Require(_wheel.CountByWalking() == expiring, "the wheel holds every entry that expires");
            Invariant.Require(_wheel.Count == expiring, "the wheel counts its entries");
            for (uint dead = _deadTables; dead != 0; dead = ((FieldTable*)_arena.At(dead))->NextDead)
            {
                slots += SlotsOf((FieldTable*)_arena.At(dead), isDead: true);
            }

            Invariant.Require(_arena.Slots == slots + nodes, "every slot in use has an owner");
            _arena.Check();
        }
    }

    private void CheckEntry(uint reference, ref long expiring, ref long slots)
    {
        byte* entry = _arena.At(reference);
        ulong hash = _hasher.Of(Entry.Key(entry));
        uint* place = _table.Find(_arena, hash, Entry.Key(entry), out _);
        Invariant.Require(place != null && *place == reference, "every entry is found by its key");
        Invariant.Require(Entry.Version(entry) is > 0 and <= Entry.VersionMax, "every entry has a version");
        Invariant.Require(Entry.Bytes(entry) <= _arena.Capacity(reference), "every entry lies within its slot");
        expiring += Entry.Is(entry, EntryFlags.Expires) ? 1 : 0;
        slots++;
        if (Entry.Is(entry, EntryFlags.Table))
        {
            FieldTable* table = FieldTable.Of(_arena, entry);
            Invariant.Require(table->Count > 0, "nothing that has a table is empty");
            CheckTree(table);
            slots += SlotsOf(table, isDead: false);
        }
    }

    /// <summary>A tree is in order; one that shares its items has all of them.</summary>
    private void CheckTree(FieldTable* table)
    {
        Invariant.Require(!table->Shares || table->Tree.Count == table->Table.Count, "a sorted set has each member twice");
        CountedTree.Position at = table->Tree.Count == 0 ? default : table->Tree.Seek(_arena, 0);
        for (uint rank = 0; !at.AtEnd; rank++, at = CountedTree.Next(_arena, at))
        {
            byte* item = _arena.At(at.Reference);
            ItemProbe probe = table->Shares
                ? ItemProbe.Scored(ScoredItem.Score(item), Entry.Key(item))
                : ItemProbe.Label(ListItem.Label(item));
            Invariant.Require(table->Tree.RankOf(_arena, probe, after: false) == rank, "a tree is in order");
        }
    }

    private long SlotsOf(FieldTable* table, bool isDead) => 1 + table->Table.Count + table->Table.CountSlots(_arena)
        + (isDead ? table->Tree.CountTornNodes(_arena) : table->Tree.CountNodes(_arena)) + (table->Shares ? 0 : table->Tree.Count);
}
