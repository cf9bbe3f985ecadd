using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>As <see cref="StoreCommandTests"/>: batches, scans, hashes and locks.</summary>
public sealed class StoreBatchTests : StoreCommandHarness
{
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
            [new(ErrorCode.None, true, 3, 1), new(ErrorCode.None, false, 0, 0),
                new(ErrorCode.WrongType, false, 0, 0)], read);
        Assert.Equal("1", (await Call(
            Store.GetManyBytesAsync(["a", "b", "c"]), Opcode.StoreMultiGet, ListIs("a", "b", "c"),
                items))[0].Value.Text());

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
            Store.SetManyAsync<int>([new("a", 1), new("b", 2)], TimeSpan.FromSeconds(1)), Opcode.StoreMultiSet, sets,
                stored);
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
            ReceivedFrame frame = await Peer.ReadAsync(Opcode.StoreScan);
            Assert.True(ScanRequest.TryRead(frame.Body, out ScanRequest request));
            Assert.Equal((cursor, "p:", 1_000u), (request.Cursor.Text(), request.Prefix.Text(), request.Limit));
            await Peer.ReplyAsync(frame, buffer =>
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
        Assert.True(
            await Call(Store.HashSetAsync("h", "f", 1), Opcode.StoreHashSet, Sets("h", "f=1"), Bodies.Number(1)));
        Assert.False(await Call(Store.HashSetAsync("h", "f", true), Opcode.StoreHashSet, Sets("h", "f=true"),
            Bodies.Number(0)));
        Assert.Equal(2, await Call(
            Store.HashSetAsync<string>("h", [new("a", "x"), new("b", "y")]), Opcode.StoreHashSet,
                Sets("h", "a=x", "b=y"), Bodies.Number(2)));
        Assert.Equal(1, await Call(
            Store.HashSetBytesAsync("h", [new("a", "x"u8.ToArray())]), Opcode.StoreHashSet, Sets("h", "a=x"),
                Bodies.Number(1)));

        Action<byte[]> field = body =>
            Assert.True(KeyedRequest.TryRead(body, out KeyedRequest r) && (r.Key.Text(), r.Operand.Text()) ==
                ("h", "f"));
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
        Assert.Equal((true, 6ul, new KeyValuePair<NexoKey, int>("f", 8)),
            (hash.Found, hash.Version, Assert.Single(hash.Fields)));
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
        Assert.Equal(facts,
            await Call(Client.InfoAsync(), Opcode.Info, KeyIs(""), buffer => InfoReply.Write(buffer, facts)));
        Assert.True(await Call(Client.PingAsync(), Opcode.Ping, KeyIs(""), null) > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_lock_is_an_entry_that_only_its_holder_renews_and_releases()
    {
        Task<NexoLock?> acquiring =
            Store.AcquireLockAsync("lock", TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(5)).AsTask();
        byte[] token = [];
        foreach (bool stored in new[] { false, true })
        {
            ReceivedFrame frame = await Peer.ReadAsync(Opcode.StoreSet);
            Assert.True(SetRequest.TryRead(frame.Body, out SetRequest request));
            Assert.Equal((ConditionKind.IfAbsent, 9_000L), (request.Condition.Kind, request.Expiry.Milliseconds));
            token = request.Value.ToArray();
            await Peer.ReplyAsync(frame, Bodies.Set(stored, 11));
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
        ReceivedFrame release = await Peer.ReadAsync(Opcode.StoreDelete);
        Assert.True(DeleteRequest.TryRead(release.Body, out DeleteRequest delete));
        Assert.Equal(ConditionKind.IfValue, delete.Condition.Kind);
        Assert.True(delete.Condition.Value.SequenceEqual(token));
        await Peer.ReplyAsync(release, buffer => new DeleteReply(DeleteOutcome.Deleted, 12).Write(buffer));
        await disposing.WaitAsync(Patience.Limit);

        Assert.Null(await Call(
            Store.AcquireLockAsync("lock", TimeSpan.FromSeconds(9)), Opcode.StoreSet, _ => { },
                Bodies.Set(stored: false)));
    }
}
