using System.Buffers;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Every method of the Store: what it sends, read by the protocol's own readers, and what it makes of the answer.</summary>
public sealed class StoreCommandTests : IAsyncLifetime
{
    private readonly FakeServer _server = new();
    private NexoClient _client = null!;
    private FakePeer _peer = null!;

    private NexoStore Store => _client.Store;

    public async ValueTask InitializeAsync() => (_client, _peer) = await _server.ConnectAsync();

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Get_in_all_its_forms()
    {
        Assert.Equal("v", await Call(Store.GetAsync<string>("k"), Opcode.StoreGet, KeyIs("k"), Bodies.Value("v")));
        Assert.Null(await Call(Store.GetAsync<string>("k"), Opcode.StoreGet, KeyIs("k"), null));
        Assert.Equal(0, await Call(Store.GetAsync<long>("k"), Opcode.StoreGet, KeyIs("k"), null));
        Assert.Equal(
            new StoreEntry<long>(42, 7),
            await Call(Store.GetEntryAsync<long>("k"), Opcode.StoreGet, KeyIs("k"), Bodies.Value("42")));
        StoreEntry<ReadOnlyMemory<byte>>? raw =
            await Call(Store.GetBytesAsync(new byte[] { 0, 255 }), Opcode.StoreGet, KeyIs([0, 255]), Bodies.Value("x"));
        Assert.Equal(("x", 7ul), (raw!.Value.Value.Text(), raw.Value.Version));
        Assert.Null(await Call(Store.GetBytesAsync("k"), Opcode.StoreGet, KeyIs("k"), null));
        var buffer = new ArrayBufferWriter<byte>();
        StoreLookup lookup = await Call(Store.GetAsync("k", buffer), Opcode.StoreGet, KeyIs("k"), Bodies.Value("abc", 9));
        Assert.Equal((true, 9ul, "abc"), (lookup.Found, lookup.Version, buffer.WrittenMemory.Text()));
    }

    [Fact]
    public async Task Set_with_every_option()
    {
        (StoreSetOptions? Options, ConditionKind Condition, StoreExpiry Expiry)[] cases =
        [
            (null, ConditionKind.None, default),
            (new() { Ttl = TimeSpan.FromSeconds(2) }, ConditionKind.None, new(ExpiryKind.After, 2_000)),
            (new() { ExpiresAt = DateTimeOffset.UnixEpoch.AddMilliseconds(9) }, ConditionKind.None, new(ExpiryKind.At, 9)),
            (new() { KeepTtl = true, When = StoreWhen.IfPresent }, ConditionKind.IfPresent, new(ExpiryKind.Keep, 0)),
            (new() { When = StoreWhen.IfAbsent }, ConditionKind.IfAbsent, default),
            (new() { When = StoreWhen.IfVersion(5) }, ConditionKind.IfVersion, default),
            (new() { When = StoreWhen.IfValue("old"u8.ToArray()) }, ConditionKind.IfValue, default),
        ];
        foreach ((StoreSetOptions? options, ConditionKind condition, StoreExpiry expiry) in cases)
        {
            StoreSetResult result = await Call(
                Store.SetAsync("key", "value", options),
                Opcode.StoreSet,
                body =>
                {
                    Assert.True(SetRequest.TryRead(body, out SetRequest request));
                    Assert.Equal(("key", "value"), (request.Key.Text(), request.Value.Text()));
                    Assert.Equal((condition, expiry), (request.Condition.Kind, request.Expiry));
                    Assert.Equal(condition == ConditionKind.IfVersion ? 5ul : 0, request.Condition.Version);
                    Assert.Equal(condition == ConditionKind.IfValue ? "old" : string.Empty, request.Condition.Value.Text());
                    Assert.False(request.ReturnPrevious);
                },
                Bodies.Set(stored: false, version: 3));
            Assert.Equal(new StoreSetResult(false, 3), result);
        }

        await Call(
            Store.SetBytesAsync("key", new byte[] { 1, 2 }),
            Opcode.StoreSet,
            body => Assert.True(SetRequest.TryRead(body, out SetRequest r) && r.Value.SequenceEqual(new byte[] { 1, 2 })),
            Bodies.Set());
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.SetAsync("k", 1, new() { KeepTtl = true, Ttl = TimeSpan.FromHours(1) }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.SetAsync("k", 1, new() { Ttl = TimeSpan.Zero }));
    }

    [Fact]
    public async Task Swap_take_and_touch()
    {
        Action<byte[]> swaps = body => Assert.True(SetRequest.TryRead(body, out SetRequest r) && r.ReturnPrevious);
        Assert.Equal(
            new StoreSwapResult<long>(true, 7, true, 4),
            await Call(Store.SwapAsync("k", 5L), Opcode.StoreSet, swaps, Bodies.Set(previous: "4")));
        Assert.Equal(
            new StoreSwapResult<long>(true, 7, false, 0),
            await Call(Store.SwapAsync("k", 5L), Opcode.StoreSet, swaps, Bodies.Set()));
        StoreSwapResult<ReadOnlyMemory<byte>> raw = await Call(
            Store.SwapBytesAsync("k", new byte[1]), Opcode.StoreSet, swaps, Bodies.Set(previous: "p"));
        Assert.Equal("p", raw.Previous.Text());

        Assert.Equal(
            new StoreEntry<string>("v", 7),
            await Call(Store.TakeAsync<string>("k"), Opcode.StoreTake, KeyIs("k"), Bodies.Value("v")));
        Assert.Null(await Call(Store.TakeBytesAsync("k"), Opcode.StoreTake, KeyIs("k"), null));
        Assert.Equal(
            new StoreEntry<string>("v", 7),
            await Call(
                Store.TouchAsync<string>("k", TimeSpan.FromSeconds(1)),
                Opcode.StoreTouch,
                ExpiryIs("k", new(ExpiryKind.After, 1_000)),
                Bodies.Value("v")));
        Assert.Null(await Call(Store.TouchBytesAsync("k", null), Opcode.StoreTouch, ExpiryIs("k", default), null));
    }

    [Fact]
    public async Task Delete_exists_and_expiry()
    {
        StoreDeleteResult deleted = await Call(
            Store.DeleteAsync("k", StoreWhen.IfVersion(4)),
            Opcode.StoreDelete,
            body => Assert.True(DeleteRequest.TryRead(body, out DeleteRequest r) && r.Key.Text() == "k" && r.Condition.Version == 4),
            buffer => new DeleteReply(DeleteOutcome.Deleted, 4).Write(buffer));
        Assert.True(deleted is { Deleted: true, Version: 4 });
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.DeleteAsync("k", StoreWhen.IfAbsent));

        Assert.True(await Call(Store.ExistsAsync("k"), Opcode.StoreExists, KeyIs("k"), Bodies.Count(1)));
        Assert.Equal(
            new StoreTtl(TtlState.Expires, TimeSpan.FromSeconds(3)),
            await Call(Store.TtlAsync("k"), Opcode.StoreTtl, KeyIs("k"), b => new TtlReply(TtlState.Expires, 3_000).Write(b)));
        Assert.True(await Call(
            Store.ExpireAsync("k", TimeSpan.FromMilliseconds(1)),
            Opcode.StoreExpire,
            ExpiryIs("k", new(ExpiryKind.After, 1)),
            Bodies.Count(1)));
        Assert.False(await Call(
            Store.ExpireAsync("k", DateTimeOffset.UnixEpoch.AddSeconds(1)),
            Opcode.StoreExpire,
            ExpiryIs("k", new(ExpiryKind.At, 1_000)),
            Bodies.Count(0)));
        Assert.True(await Call(Store.PersistAsync("k"), Opcode.StoreExpire, ExpiryIs("k", default), Bodies.Count(1)));
    }

    [Fact]
    public async Task Numbers_and_pieces_of_values()
    {
        Action<byte[]> Increments(long delta, StoreExpiry expiry) => body => Assert.True(
            IncrementRequest.TryRead(body, out IncrementRequest r)
            && r.Delta == delta && r.Expiry == expiry && r.Key.Text() == "n");
        Assert.Equal(1, await Call(Store.IncrementAsync("n"), Opcode.StoreIncrement, Increments(1, default), Bodies.Number(1)));
        Assert.Equal(-3, await Call(
            Store.DecrementAsync("n", 4, TimeSpan.FromSeconds(1)),
            Opcode.StoreIncrement,
            Increments(-4, new(ExpiryKind.After, 1_000)),
            Bodies.Number(-3)));
        Assert.Equal(9, await Call(
            Store.AppendAsync("k", "suffix"u8.ToArray()),
            Opcode.StoreAppend,
            body => Assert.True(KeyedRequest.TryRead(body, out KeyedRequest r) && r.Key.Text() == "k" && r.Operand.Text() == "suffix"),
            Bodies.Number(9)));
        Assert.Equal(5, await Call(Store.LengthAsync("k"), Opcode.StoreLength, KeyIs("k"), Bodies.Count(5)));
        Assert.Null(await Call(Store.LengthAsync("k"), Opcode.StoreLength, KeyIs("k"), Bodies.Count(-1)));
        StoreEntry<ReadOnlyMemory<byte>>? range = await Call(
            Store.RangeAsync("k", 2, -2),
            Opcode.StoreRange,
            body => Assert.True(RangeRequest.TryRead(body, out RangeRequest r) && (r.First, r.Last) == (2, -2) && r.Key.Text() == "k"),
            Bodies.Value("mid"));
        Assert.Equal("mid", range!.Value.Value.Text());
    }

    [Fact]
    public async Task Batches()
    {
        Action<FrameBuffer> items = buffer =>
        {
            buffer.WriteUInt32(3);
            MultiValueReply.WriteItem(buffer, ErrorCode.None, true, 3, 1);
            buffer.Write("1"u8);
            MultiValueReply.WriteItem(buffer, ErrorCode.None, false, 0, 0);
            MultiValueReply.WriteItem(buffer, ErrorCode.WrongType, false, 0, 0);
        };
        IReadOnlyList<StoreItem<long>> read = await Call(
            Store.GetManyAsync<long>(["a", "b", "c"]), Opcode.StoreMultiGet, ListIs("a", "b", "c"), items);
        Assert.Equal(
            [new(ErrorCode.None, true, 3, 1), new(ErrorCode.None, false, 0, 0), new(ErrorCode.WrongType, false, 0, 0)], read);
        Assert.Equal("1", (await Call(
            Store.GetManyBytesAsync(["a", "b", "c"]), Opcode.StoreMultiGet, ListIs("a", "b", "c"), items))[0].Value.Text());

        Action<byte[]> sets = body =>
        {
            Assert.True(MultiSetRequest.TryRead(body, out MultiSetRequest r));
            Assert.Equal((2u, new StoreExpiry(ExpiryKind.After, 1_000)), (r.Pairs.Count, r.Expiry));
            Assert.True(r.Pairs.TryTake(out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value));
            Assert.Equal(("a", "1"), (key.Text(), value.Text()));
            Assert.True(r.Pairs.TryTake(out key, out value));
            Assert.Equal(("b", "2"), (key.Text(), value.Text()));
        };
        Action<FrameBuffer> stored = buffer =>
        {
            buffer.WriteUInt32(2);
            MultiSetRequest.WriteReplyItem(buffer, ErrorCode.None, 8);
            MultiSetRequest.WriteReplyItem(buffer, ErrorCode.OutOfMemory, 0);
        };
        IReadOnlyList<StoreSetItem> set = await Call(
            Store.SetManyAsync<int>([new("a", 1), new("b", 2)], TimeSpan.FromSeconds(1)), Opcode.StoreMultiSet, sets, stored);
        Assert.Equal([new(ErrorCode.None, 8), new(ErrorCode.OutOfMemory, 0)], set);
        Assert.Equal(set, await Call(
            Store.SetManyBytesAsync([new("a", "1"u8.ToArray()), new("b", "2"u8.ToArray())], TimeSpan.FromSeconds(1)),
            Opcode.StoreMultiSet,
            sets,
            stored));
        Assert.Equal(2, await Call(
            Store.DeleteManyAsync(["a", "b"]), Opcode.StoreMultiDelete, ListIs("a", "b"), Bodies.Count(2)));
    }

    [Fact]
    public async Task Scan_follows_the_cursor_to_the_end_and_count_and_clear_take_a_prefix()
    {
        Task<List<StoreKey>> scanning = CollectAsync(Store.ScanAsync("p:"));
        foreach ((string cursor, string next) in new[] { ("", "c1"), ("c1", "c2"), ("c2", "") })
        {
            ReceivedFrame frame = await _peer.ReadAsync(Opcode.StoreScan);
            Assert.True(ScanRequest.TryRead(frame.Body, out ScanRequest request));
            Assert.Equal((cursor, "p:", 1_000u), (request.Cursor.Text(), request.Prefix.Text(), request.Limit));
            await _peer.ReplyAsync(frame, buffer =>
            {
                buffer.WriteBlob(System.Text.Encoding.UTF8.GetBytes(next));

                // The page in the middle is empty, which is not the end.
                buffer.WriteUInt32(cursor == "c1" ? 0u : 1u);
                if (cursor != "c1")
                {
                    buffer.WriteByte((byte)EntryKind.Hash);
                    buffer.WriteBlob(System.Text.Encoding.UTF8.GetBytes("p:" + cursor));
                }
            });
        }

        Assert.Equal(
            [new StoreKey("p:", EntryKind.Hash), new StoreKey("p:c2", EntryKind.Hash)],
            await scanning.WaitAsync(Patience.Limit));
        Assert.Equal(12, await Call(Store.CountAsync("p"), Opcode.StoreCount, KeyIs("p"), Bodies.Count(12)));
        Assert.Equal(0, await Call(Store.CountAsync(), Opcode.StoreCount, KeyIs(""), Bodies.Count(0)));
        Assert.Equal(3, await Call(Store.ClearAsync("p"), Opcode.StoreClear, KeyIs("p"), Bodies.Count(3)));
    }

    [Fact]
    public async Task Hashes()
    {
        Action<byte[]> Sets(params string[] expected) => body =>
        {
            Assert.True(HashSetRequest.TryRead(body, out HashSetRequest r));
            var got = new List<string> { r.Key.Text() };
            while (r.Pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
            {
                got.Add(field.Text() + "=" + value.Text());
            }

            Assert.Equal(expected, got);
        };
        Assert.True(await Call(Store.HashSetAsync("h", "f", 1), Opcode.StoreHashSet, Sets("h", "f=1"), Bodies.Number(1)));
        Assert.False(await Call(Store.HashSetAsync("h", "f", true), Opcode.StoreHashSet, Sets("h", "f=true"), Bodies.Number(0)));
        Assert.Equal(2, await Call(
            Store.HashSetAsync<string>("h", [new("a", "x"), new("b", "y")]), Opcode.StoreHashSet, Sets("h", "a=x", "b=y"), Bodies.Number(2)));
        Assert.Equal(1, await Call(
            Store.HashSetBytesAsync("h", [new("a", "x"u8.ToArray())]), Opcode.StoreHashSet, Sets("h", "a=x"), Bodies.Number(1)));

        Action<byte[]> field = body =>
            Assert.True(KeyedRequest.TryRead(body, out KeyedRequest r) && (r.Key.Text(), r.Operand.Text()) == ("h", "f"));
        Assert.Equal(5, await Call(Store.HashGetAsync<int>("h", "f"), Opcode.StoreHashGet, field, Bodies.Value("5")));
        Assert.Null(await Call(Store.HashGetBytesAsync("h", "f"), Opcode.StoreHashGet, field, null));

        Action<byte[]> Fields(params string[] expected) => body =>
        {
            Assert.True(HashFieldsRequest.TryRead(body, out HashFieldsRequest r));
            Assert.Equal("h", r.Key.Text());
            AssertList(r.Fields, expected);
        };
        Action<FrameBuffer> one = buffer =>
        {
            buffer.WriteUInt32(1);
            MultiValueReply.WriteItem(buffer, ErrorCode.None, true, 3, 1);
            buffer.Write("9"u8);
        };
        Assert.Equal(9, (await Call(
            Store.HashGetManyAsync<int>("h", ["f"]), Opcode.StoreHashMultiGet, Fields("f"), one))[0].Value);
        Assert.Equal("9", (await Call(
            Store.HashGetManyBytesAsync("h", ["f"]), Opcode.StoreHashMultiGet, Fields("f"), one))[0].Value.Text());
        Assert.Equal(2, await Call(
            Store.HashDeleteAsync("h", ["a", "b"]), Opcode.StoreHashDelete, Fields("a", "b"), Bodies.Count(2)));

        Action<FrameBuffer> all = buffer =>
        {
            buffer.WriteUInt64(6);
            buffer.WriteUInt32(1);
            PairList.WriteItem(buffer, "f"u8, "8"u8);
        };
        StoreHash<int> hash = await Call(Store.HashGetAllAsync<int>("h"), Opcode.StoreHashGetAll, KeyIs("h"), all);
        Assert.Equal((true, 6ul, new KeyValuePair<NexoKey, int>("f", 8)), (hash.Found, hash.Version, Assert.Single(hash.Fields)));
        Assert.False((await Call(Store.HashGetAllBytesAsync("h"), Opcode.StoreHashGetAll, KeyIs("h"), null)).Found);
        Assert.Equal(4, await Call(
            Store.HashIncrementAsync("h", "f", 3),
            Opcode.StoreHashIncrement,
            body => Assert.True(HashIncrementRequest.TryRead(body, out HashIncrementRequest r)
                && (r.Delta, r.Key.Text(), r.Field.Text()) == (3, "h", "f")),
            Bodies.Number(4)));
        Assert.Equal(2, await Call(Store.HashLengthAsync("h"), Opcode.StoreHashLength, KeyIs("h"), Bodies.Count(2)));
    }

    [Fact]
    public async Task Info_and_ping()
    {
        KeyValuePair<string, string>[] facts = [new("store.entries", "3"), new("server.version", "0.1.0")];
        Assert.Equal(facts, await Call(_client.InfoAsync(), Opcode.Info, KeyIs(""), buffer => InfoReply.Write(buffer, facts)));
        Assert.True(await Call(_client.PingAsync(), Opcode.Ping, KeyIs(""), null) > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_lock_is_an_entry_that_only_its_holder_renews_and_releases()
    {
        Task<NexoLock?> acquiring = Store.AcquireLockAsync("lock", TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(5)).AsTask();
        byte[] token = [];
        foreach (bool stored in new[] { false, true })
        {
            ReceivedFrame frame = await _peer.ReadAsync(Opcode.StoreSet);
            Assert.True(SetRequest.TryRead(frame.Body, out SetRequest request));
            Assert.Equal((ConditionKind.IfAbsent, 9_000L), (request.Condition.Kind, request.Expiry.Milliseconds));
            token = request.Value.ToArray();
            await _peer.ReplyAsync(frame, Bodies.Set(stored, 11));
        }

        NexoLock held = (await acquiring.WaitAsync(Patience.Limit))!;
        Assert.Equal((11ul, 16), (held.Version, token.Length));
        Assert.True(await Call(
            held.RenewAsync(),
            Opcode.StoreSet,
            body => Assert.True(SetRequest.TryRead(body, out SetRequest r) && r.Condition.Value.SequenceEqual(token)
                && r.Value.SequenceEqual(token) && r.Expiry.Milliseconds == 9_000),
            Bodies.Set(version: 12)));
        Assert.Equal(12ul, held.Version);

        Task disposing = held.DisposeAsync().AsTask();
        ReceivedFrame release = await _peer.ReadAsync(Opcode.StoreDelete);
        Assert.True(DeleteRequest.TryRead(release.Body, out DeleteRequest delete));
        Assert.Equal(ConditionKind.IfValue, delete.Condition.Kind);
        Assert.True(delete.Condition.Value.SequenceEqual(token));
        await _peer.ReplyAsync(release, buffer => new DeleteReply(DeleteOutcome.Deleted, 12).Write(buffer));
        await disposing.WaitAsync(Patience.Limit);

        Assert.Null(await Call(
            Store.AcquireLockAsync("lock", TimeSpan.FromSeconds(9)), Opcode.StoreSet, _ => { }, Bodies.Set(stored: false)));
    }

    private static Action<byte[]> KeyIs(string expected) => body => Assert.Equal(expected, body.Text());

    private static Action<byte[]> KeyIs(byte[] expected) => body => Assert.Equal(expected, body);

    private static Action<byte[]> ExpiryIs(string key, StoreExpiry expiry) => body =>
    {
        Assert.True(ExpiryRequest.TryRead(body, out ExpiryRequest request));
        Assert.Equal(key, request.Key.Text());
        Assert.Equal(expiry, request.Expiry);
    };

    private static Action<byte[]> ListIs(params string[] expected) => body =>
    {
        Assert.True(BlobList.TryRead(body, out BlobList list));
        AssertList(list, expected);
    };

    private static void AssertList(BlobList list, string[] expected)
    {
        var got = new List<string>();
        while (list.TryTake(out ReadOnlySpan<byte> item))
        {
            got.Add(item.Text());
        }

        Assert.Equal(expected, got);
    }

    private static async Task<List<StoreKey>> CollectAsync(IAsyncEnumerable<StoreKey> keys)
    {
        var all = new List<StoreKey>();
        await foreach (StoreKey key in keys)
        {
            all.Add(key);
        }

        return all;
    }

    private async Task<T> Call<T>(ValueTask<T> call, Opcode opcode, Action<byte[]> check, Action<FrameBuffer>? answer)
    {
        Task<T> task = call.AsTask();
        ReceivedFrame frame = await _peer.ReadAsync(opcode);
        Assert.Equal(FrameKind.Request, frame.Header.Kind);
        check(frame.Body);
        await _peer.ReplyAsync(frame, answer);
        return await task.WaitAsync(Patience.Limit);
    }
}
