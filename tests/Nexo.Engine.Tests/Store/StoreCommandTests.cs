using System.Buffers;
using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

public sealed class StoreCommandTests
{
    private readonly ArrayBufferWriter<byte> _out = new();

    [Fact]
    public void A_key_at_its_limit_is_taken_and_one_byte_more_or_none_is_refused_by_every_command()
    {
        using var harness = new StoreHarness();
        byte[] longest = new byte[harness.Limits.KeyBytesMax];
        Assert.Equal(StoreStatus.Ok, harness.Store.Set(longest, [], default, null, out _));
        foreach (byte[] key in (byte[][])[[], new byte[longest.Length + 1]])
        {
            var pairs = new PairArray(([1], [1]));
            var names = new BlobArray([1]);
            var sink = new FieldList();
            StoreService store = harness.Store;
            StoreStatus[] answers =
            [
                store.Get(key, _out, out _), store.Set(key, [], default, null, out _),
                store.Delete(key, default, out _),
                store.Ttl(key, out _), store.Expire(key, default), store.Take(key, _out, out _),
                store.Touch(key, default, _out, out _), store.Increment(key, 1, default, out _, out _),
                store.Append(key, [1], out _, out _), store.Length(key, out _), store.Range(key, 0, 1, _out, out _),
                store.HashSet(key, ref pairs, out _, out _), store.HashGet(key, [1], _out, out _),
                store.HashMultiGet(key, ref names, ref sink, out _), store.HashDelete(key, ref names, out _),
                store.HashGetAll(key, ref sink, out _), store.HashIncrement(key, [1], 1, out _, out _),
                store.HashLength(key, out _),
            ];
            Assert.All(answers, answer => Assert.Equal(StoreStatus.KeyInvalid, answer));
            Assert.False(store.Exists(key));
        }
    }

    [Fact]
    public void Values_and_fields_over_their_limits_are_refused()
    {
        using var harness = new StoreHarness(new StoreLimits { ValueBytesMax = 1_000 });
        Assert.Equal(StoreStatus.Ok, harness.TrySet("key", new string('v', 1_000), out _));
        Assert.Equal(StoreStatus.ValueTooLarge, harness.TrySet("key", new string('v', 1_001), out _));
        Assert.Equal(StoreStatus.ValueTooLarge, harness.Store.Append("key"u8, "x"u8, out _, out _));
        Assert.Equal(StoreStatus.ValueTooLarge, harness.HashSet("hash", ("a", "b"), ("f", new string('v', 1_001))));
        Assert.Equal(StoreStatus.KeyInvalid, harness.HashSet("hash", ("a", "b"), (new string('f', 65_537), "v")));
        Assert.Equal(StoreStatus.InvalidArgument, harness.HashSet("hash"));
        Assert.Equal(StoreStatus.Ok, harness.HashSet("other", (new string('f', 65_536), new string('v', 1_000))));
        Assert.Null(harness.HashGetAll("hash"));
    }

    [Theory]
    [InlineData(StoreExpiryKind.After, 0)]
    [InlineData(StoreExpiryKind.After, -1)]
    [InlineData(StoreExpiryKind.After, long.MinValue)]
    [InlineData(StoreExpiryKind.After, long.MaxValue)]
    [InlineData(StoreExpiryKind.At, long.MaxValue)]
    public void An_expiry_out_of_range_is_refused(StoreExpiryKind kind, long milliseconds)
    {
        using var harness = new StoreHarness();
        harness.Set("key", "1");
        var expiry = new StoreExpiry(kind, milliseconds);
        Assert.Equal(StoreStatus.ExpiryOutOfRange, harness.TrySet("key", "2", out _, expiry));
        Assert.Equal(StoreStatus.ExpiryOutOfRange, harness.Store.Expire("key"u8, expiry));
        Assert.Equal(StoreStatus.ExpiryOutOfRange, harness.Store.Touch("key"u8, expiry, _out, out _));
        Assert.Equal(StoreStatus.ExpiryOutOfRange, harness.Store.Increment("key"u8, 1, expiry, out _, out _));
        var unknown = new StoreExpiry((StoreExpiryKind)9, 1);
        Assert.Equal(StoreStatus.InvalidArgument, harness.TrySet("key", "2", out _, unknown));
        Assert.Equal("1", harness.Get("key"));
    }

    [Fact]
    public void Changing_the_life_of_an_entry_keeps_its_version_and_a_new_one_never_repeats()
    {
        using var harness = new StoreHarness();
        ulong version = harness.Set("key", "value").Version;
        harness.Store.Expire("key"u8, new StoreExpiry(StoreExpiryKind.After, 1_000));
        Assert.Equal(StoreStatus.Ok, harness.Store.Get("key"u8, _out, out ulong after));
        Assert.Equal(version, after);
        harness.Store.Delete("key"u8, default, out _);
        Assert.True(harness.Set("key", "value").Version > version);
    }

    [Fact]
    public void A_refused_call_gives_no_previous_value_and_a_failed_condition_does()
    {
        using var harness = new StoreHarness();
        harness.Set("key", "old");
        var options = new SetOptions { Condition = new StoreCondition { Kind = StoreConditionKind.IfAbsent } };
        Assert.Equal(StoreStatus.Ok, harness.Store.Set("key"u8, "new"u8, options, _out, out SetResult result));
        Assert.Equal((false, true, "old"), (result.Stored, result.PreviousFound, StoreHarness.Text(_out)));
    }

    [Fact]
    public void A_row_of_appends_costs_what_it_appends()
    {
        using var harness = new StoreHarness(new StoreLimits());
        for (int i = 0; i < 20_000; i++)
        {
            harness.Store.Append("log"u8, "0123456789"u8, out _, out _);
        }

        harness.Store.Length("log"u8, out long length);
        Assert.Equal(200_000, length);
        Assert.True(harness.Store.Stats.UsedBytes < 300_000, "a quarter of slack at most");
    }

    [Fact]
    public void Cursors_that_this_store_has_not_given_out_are_refused()
    {
        using var harness = new StoreHarness();
        using var other = new StoreHarness();
        for (int i = 0; i < 100; i++)
        {
            harness.Set($"key:{i}", "");
            other.Set($"key:{i}", "");
        }

        var sink = new KeyList(int.MaxValue);
        var foreign = new ArrayBufferWriter<byte>();
        other.Store.Scan("key:"u8, [], 10, ref sink, foreign);
        var own = new ArrayBufferWriter<byte>();
        harness.Store.Scan("key:"u8, [], 10, ref sink, own);
        byte[] wrongShard = own.WrittenSpan.ToArray();
        wrongShard[8] = 0xFF;
        byte[][] cursors = [foreign.WrittenSpan.ToArray(), wrongShard, [1], new byte[10], new byte[70_000]];
        foreach (byte[] cursor in cursors)
        {
            Assert.Equal(StoreStatus.CursorInvalid, harness.Store.Scan("key:"u8, cursor, 10, ref sink, _out));
        }

        Assert.Equal(StoreStatus.CursorInvalid, harness.Store.Scan("other"u8, own.WrittenSpan, 10, ref sink, _out));
        Assert.Equal(StoreStatus.InvalidArgument, harness.Store.Scan("key:"u8, [], 0, ref sink, _out));
        Assert.Equal(StoreStatus.Ok, harness.Store.Scan("key:"u8, own.WrittenSpan, 10, ref sink, _out));
    }

    [Fact]
    public void A_sink_that_is_full_gets_the_same_key_first_on_the_next_page()
    {
        using var harness = new StoreHarness();
        string[] keys = [.. Enumerable.Range(0, 40).Select(i => $"key:{i:D2}")];
        Array.ForEach(keys, key => harness.Set(key, ""));
        List<string> seen = [];
        byte[] cursor = [];
        do
        {
            var sink = new KeyList(room: 3);
            var next = new ArrayBufferWriter<byte>();
            Assert.Equal(StoreStatus.Ok, harness.Store.Scan("key:"u8, cursor, 100, ref sink, next));
            seen.AddRange(sink.Keys.Select(found => found.Key));
            cursor = next.WrittenSpan.ToArray();
        }
        while (cursor.Length > 0);
        Assert.Equal(keys, seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Limits_that_cannot_work_are_refused_at_the_start()
    {
        StoreLimits[] bad =
        [
            new() { Shards = 3 }, new() { Shards = 512 }, new() { Shards = -2 }, new() { KeyBytesMax = 0 },
            new() { MemoryBytesMax = -1 }, new() { ExpiryMsMax = 0 }, new() { ExpiryMsMax = long.MaxValue },
            new() { ValueBytesMax = -1 }, new() { ValueBytesMax = int.MaxValue },
        ];
        Assert.All(bad, limits =>
            Assert.Throws<ArgumentOutOfRangeException>(() => new StoreService(limits, TimeProvider.System)));
    }

    [Fact]
    public void After_dispose_reads_find_nothing_and_writes_are_refused()
    {
        var store = new StoreService(new StoreLimits(), TimeProvider.System);
        store.Set("key"u8, "value"u8, default, null, out _);
        store.Dispose();
        Assert.Equal(StoreStatus.NotFound, store.Get("key"u8, _out, out _));
        Assert.Equal(StoreStatus.OutOfMemory, store.Set("key"u8, "value"u8, default, null, out _));
        Assert.Equal(StoreStatus.OutOfMemory, store.Append("key"u8, "value"u8, out _, out _));
        store.Tick();
        store.Dispose();
        Assert.Equal(0, store.Stats.Entries);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void A_prefetch_of_many_keys_changes_nothing_with_any_number_of_shards(int shards)
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = shards });
        ulong[] hashes = new ulong[StoreService.PrefetchMax];
        for (int i = 0; i < hashes.Length; i++)
        {
            harness.Set($"key:{i}", "value");
            hashes[i] = harness.Store.HashOf(StoreHarness.Bytes($"key:{i}"));
        }

        harness.Store.Prefetch(hashes);
        Assert.Equal(hashes.Length, harness.Count("key:"));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    public void A_list_of_fields_is_read_no_further_than_it_can_matter(int fields)
    {
        using var harness = new StoreHarness();
        harness.HashSet("hash", [.. Enumerable.Range(0, fields).Select(i => ($"f{i}", "v"))]);
        byte[][] names = [.. Enumerable.Range(0, 1_000).Select(i => StoreHarness.Bytes($"f{i}"))];
        var read = new BlobArray(names);
        var sink = new FieldList(room: 2);
        Assert.Equal(StoreStatus.Ok, harness.Store.HashMultiGet("hash"u8, ref read, ref sink, out _));
        Assert.Equal(["v", "v"], sink.Values);
        Assert.Equal(2, read.Asked);
        var deleted = new BlobArray(names);
        Assert.Equal(StoreStatus.Ok, harness.Store.HashDelete("hash"u8, ref deleted, out int removed));
        Assert.Equal((fields, fields), (removed, deleted.Asked));
    }
}
