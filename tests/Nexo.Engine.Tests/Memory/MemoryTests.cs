using CsCheck;
using Nexo.Engine.Memory;
using Nexo.Engine.Tests.Store;
using Xunit;

namespace Nexo.Engine.Tests.Memory;

public sealed unsafe class MemoryTests
{
    [Fact]
    public void A_size_class_holds_what_it_is_for_and_wastes_at_most_an_eighth()
    {
        for (int granules = 1; granules <= 16_384; granules++)
        {
            int sizeClass = SizeClasses.ClassOf(granules);
            int given = SizeClasses.GranulesOf(sizeClass);
            Assert.True(given >= granules && (given - granules) * 8 <= given, $"{granules} → {given}");
            Assert.Equal(sizeClass, SizeClasses.ClassOf(given));
        }
    }

    [Fact]
    public void Slots_do_not_overlap_and_an_empty_arena_has_given_its_pages_back()
    {
        Gen.Int[1, 9_000].Array[1, 400].Sample(
            sizes =>
            {
                using var pool = new PagePool(4_096);
                using var arena = new Arena(pool, new MemoryBudget(0, 1), 4_096);
                List<(uint Reference, int Bytes, byte Mark)> live = [];
                for (int i = 0; i < sizes.Length; i++)
                {
                    uint reference = arena.Allocate(sizes[i]);
                    new Span<byte>(arena.At(reference), sizes[i]).Fill((byte)i);
                    live.Add((reference, sizes[i], (byte)i));
                    if (sizes[i] % 3 == 0)
                    {
                        (uint freed, _, _) = live[i / 2 % live.Count];
                        live.RemoveAt(i / 2 % live.Count);
                        arena.Free(freed);
                    }
                }

                arena.Check();
                foreach ((uint reference, int bytes, byte mark) in live)
                {
                    Assert.Equal(-1, new Span<byte>(arena.At(reference), bytes).IndexOfAnyExcept(mark));
                    arena.Free(reference);
                }

                arena.Check();
                Assert.Equal(0, arena.Slots);
                Assert.Equal(0, arena.BlockBytes);
                Assert.True(pool.RentedBytes <= 4_096, "one spare page at most");
            },
            iter: 60,
            threads: 1);
    }

    [Fact]
    public void A_budget_never_grants_more_than_its_limit()
    {
        var budget = new MemoryBudget(100_000, arenas: 2);
        long granted = 0;
        while (budget.TryTake(700, out long taken))
        {
            granted += taken;
        }

        Assert.InRange(granted, 100_000 - 700, 100_000);
        budget.Return(700);
        Assert.True(budget.TryTake(700, out _));
        Assert.False(budget.TryTake(700, out _));
    }

    [Fact]
    public void A_hash_depends_on_every_byte_on_the_length_and_on_the_secret()
    {
        var hasher = KeyHash.Random();
        Assert.NotEqual(hasher.Of("key"u8), KeyHash.Random().Of("key"u8));
        byte[] key = new byte[200];
        HashSet<ulong> seen = [];
        for (int length = 0; length <= key.Length; length++)
        {
            Assert.True(seen.Add(hasher.Of(key.AsSpan(0, length))));
            for (int i = 0; i < length; i++)
            {
                key[i] ^= 1;
                Assert.True(seen.Add(hasher.Of(key.AsSpan(0, length))), $"length {length}, byte {i}");
                key[i] ^= 1;
            }
        }
    }

    [Fact]
    public void A_hash_spreads_numbered_keys_evenly()
    {
        var hasher = KeyHash.Random();
        int[] low = new int[256];
        int[] high = new int[256];
        for (int i = 0; i < 256_000; i++)
        {
            ulong hash = hasher.Of(StoreHarness.Bytes($"user:{i:D8}"));
            low[hash & 255]++;
            high[hash >> 56]++;
        }

        // 1,000 expected in each, standard deviation 32.
        Assert.All(low.Concat(high), count => Assert.InRange(count, 800, 1_200));
    }

    [Fact]
    public void The_table_finds_all_it_holds_while_it_grows_and_shrinks()
    {
        using var pool = new PagePool(65_536);
        using var arena = new Arena(pool, new MemoryBudget(0, 1), 65_536);
        var hasher = KeyHash.Random();
        var table = default(EntryTable);
        const int Keys = 5_000;
        for (int i = 0; i < Keys; i++)
        {
            table.Insert(arena, hasher, hasher.Of(KeyOf(i)), Create(arena, KeyOf(i)));
        }

        Assert.InRange((int)table.Buckets, Keys * 2 / 15, (Keys * 2 / 15) + 2);
        Assert.All(Enumerable.Range(0, Keys), i => Assert.True(Find(table, arena, hasher, i) != 0));
        for (int i = 0; i < Keys - 10; i++)
        {
            uint* place = table.Find(arena, hasher.Of(KeyOf(i)), KeyOf(i), out _);
            uint reference = *place;
            table.Remove(arena, hasher, hasher.Of(KeyOf(i)), place);
            arena.Free(reference);
            Assert.Equal(0u, Find(table, arena, hasher, i));
        }

        Assert.InRange(table.Buckets, 1u, 5u);
        Assert.All(Enumerable.Range(Keys - 10, 10), i => Assert.True(Find(table, arena, hasher, i) != 0));
        for (uint reference = table.Tear(arena); reference != 0; reference = table.Tear(arena))
        {
            arena.Free(reference);
        }

        Assert.Equal(0, arena.Slots);
    }

    [Fact]
    public void The_index_is_a_sorted_set()
    {
        Gen.Select(Gen.Int[0, 300], Gen.Bool).Array[1, 1_200].Sample(
            steps =>
            {
                using var pool = new PagePool(4_096);
                using var arena = new Arena(pool, new MemoryBudget(0, 1), 4_096);
                var index = new OrderedIndex(arena, nodeBytes: 48);
                SortedDictionary<string, uint> expected = new(StringComparer.Ordinal);
                foreach ((int number, bool move) in steps)
                {
                    string key = new string('x', number % 40) + number;
                    Step(arena, index, expected, key, move);
                }

                Assert.Equal(expected.Count, index.Check(out _));
                List<uint> walked = [];
                for (OrderedIndex.Position at = index.Seek([], after: false); !at.AtEnd; at = index.Next(at))
                {
                    walked.Add(index.ReferenceAt(at));
                }

                Assert.Equal(expected.Values, walked);
            },
            iter: 100,
            threads: 1);
    }

    [Fact]
    public void The_wheel_gives_every_entry_out_at_its_time_and_none_before()
    {
        Gen.Select(Gen.Long[0, 40].SelectMany(bits => Gen.Long[0, 1L << (int)bits]), Gen.Long[1, 5_000]).Array[1, 200].Sample(
            steps =>
            {
                using var pool = new PagePool(65_536);
                using var arena = new Arena(pool, new MemoryBudget(0, 1), 65_536);
                const long Start = 1_750_000_000_000;
                using var wheel = new TimingWheel(arena, Start);
                long now = Start;
                SortedSet<long> waiting = [];
                int number = 0;
                foreach ((long distance, long advance) in steps)
                {
                    uint reference = Create(arena, KeyOf(number++), EntryFlags.Expires);
                    Entry.Deadline(arena.At(reference)) = now + distance;
                    wheel.Add(reference, arena.At(reference));
                    waiting.Add(now + distance);
                    now += number % 17 == 0 ? advance * 1_000_000 : advance;
                    int work = 10_000;
                    while (wheel.TryTakeDue(now, ref work, out uint due))
                    {
                        Assert.True(Entry.Deadline(arena.At(due)) <= now, "none before its time");
                    }

                    waiting.RemoveWhere(deadline => deadline <= now);
                    Assert.Equal(wheel.Count, wheel.CountByWalking());
                    Assert.True(wheel.Count >= waiting.Count && (wheel.Count == 0) == (waiting.Count == 0));
                }
            },
            iter: 100,
            threads: 1);
    }

    private static void Step(
        Arena arena, OrderedIndex index, SortedDictionary<string, uint> expected, string key, bool move)
    {
        if (!expected.TryGetValue(key, out uint there))
        {
            uint reference = Create(arena, StoreHarness.Bytes(key));
            index.Insert(reference);
            expected.Add(key, reference);
        }
        else if (move)
        {
            uint moved = Create(arena, StoreHarness.Bytes(key));
            index.Replace(there, moved);
            arena.Free(there);
            expected[key] = moved;
        }
        else
        {
            index.Remove(there);
            arena.Free(there);
            expected.Remove(key);
        }
    }

    private static byte[] KeyOf(int i) => StoreHarness.Bytes($"key-{i}");

    private static uint Find(EntryTable table, Arena arena, KeyHash hasher, int i)
    {
        uint* place = table.Find(arena, hasher.Of(KeyOf(i)), KeyOf(i), out _);
        return place == null ? 0 : *place;
    }

    private static uint Create(Arena arena, byte[] key, EntryFlags flags = EntryFlags.None)
    {
        uint reference = arena.Allocate(Entry.Bytes(key.Length, 0, flags != EntryFlags.None));
        Entry.Write(arena.At(reference), flags, version: 1, key, valueLength: 0);
        return reference;
    }
}
