using System.Buffers;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Every method of the Store: what it sends, read by the protocol's own readers, and what it makes of the
/// answer.</summary>
public sealed class StoreCommandTests : StoreCommandHarness
{
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
        StoreLookup lookup =
            await Call(Store.GetAsync("k", buffer), Opcode.StoreGet, KeyIs("k"), Bodies.Value("abc", 9));
        Assert.Equal((true, 9ul, "abc"), (lookup.Found, lookup.Version, buffer.WrittenMemory.Text()));
    }

    [Fact]
    public async Task A_store_with_a_durability_asks_for_it_in_every_request()
    {
        foreach (Durability durability in Enum.GetValues<Durability>())
        {
            NexoStore store = Store.WithDurability(durability).WithTimeout(TimeSpan.FromSeconds(7));
            Task<long> write = store.IncrementAsync("k").AsTask();
            ReceivedFrame frame = await Peer.ReadAsync(Opcode.StoreIncrement);
            Assert.Equal(durability, frame.Header.Flags.Durability());
            await Peer.ReplyAsync(frame, buffer => new NumberReply(1, 2).Write(buffer));
            Assert.Equal(1, await write);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Store.WithDurability((Durability)4));
    }

    [Fact]
    public async Task A_snapshot_is_asked_for() => Assert.Equal(
        new NexoSnapshot(12, 34),
        await Call(
            Client.Admin.SnapshotAsync(),
            Opcode.AdminSnapshot,
            Assert.Empty,
            buffer => new SnapshotReply(12, 34).Write(buffer)));

    [Fact]
    public async Task Set_with_every_option()
    {
        (StoreSetOptions? Options, ConditionKind Condition, StoreExpiry Expiry)[] cases =
        [
            (null, ConditionKind.None, default),
            (new() { Ttl = TimeSpan.FromSeconds(2) }, ConditionKind.None, new(ExpiryKind.After, 2_000)),
            (new() { ExpiresAt = DateTimeOffset.UnixEpoch.AddMilliseconds(9) }, ConditionKind.None,
                new(ExpiryKind.At, 9)),
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
                    Assert.Equal(condition == ConditionKind.IfValue ? "old" : string.Empty,
                        request.Condition.Value.Text());
                    Assert.False(request.ReturnPrevious);
                },
                Bodies.Set(stored: false, version: 3));
            Assert.Equal(new StoreSetResult(false, 3), result);
        }

        await Call(
            Store.SetBytesAsync("key", new byte[] { 1, 2 }),
            Opcode.StoreSet,
            body => Assert.True(SetRequest.TryRead(body, out SetRequest r)
                && r.Value.SequenceEqual(new byte[] { 1, 2 })),
            Bodies.Set());
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await Store.SetAsync("k", 1, new() { KeepTtl = true, Ttl = TimeSpan.FromHours(1) }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () =>
            await Store.SetAsync("k", 1, new() { Ttl = TimeSpan.Zero }));
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
            body => Assert.True(DeleteRequest.TryRead(body, out DeleteRequest r) && r.Key.Text() == "k"
                && r.Condition.Version == 4),
            buffer => new DeleteReply(DeleteOutcome.Deleted, 4).Write(buffer));
        Assert.True(deleted is { Deleted: true, Version: 4 });
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.DeleteAsync("k", StoreWhen.IfAbsent));

        Assert.True(await Call(Store.ExistsAsync("k"), Opcode.StoreExists, KeyIs("k"), Bodies.Count(1)));
        Assert.Equal(
            new StoreTtl(TtlState.Expires, TimeSpan.FromSeconds(3)),
            await Call(Store.TtlAsync("k"), Opcode.StoreTtl, KeyIs("k"), b =>
                new TtlReply(TtlState.Expires, 3_000).Write(b)));
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
        Assert.Equal(1,
            await Call(Store.IncrementAsync("n"), Opcode.StoreIncrement, Increments(1, default), Bodies.Number(1)));
        Assert.Equal(-3, await Call(
            Store.DecrementAsync("n", 4, TimeSpan.FromSeconds(1)),
            Opcode.StoreIncrement,
            Increments(-4, new(ExpiryKind.After, 1_000)),
            Bodies.Number(-3)));
        Assert.Equal(9, await Call(
            Store.AppendAsync("k", "suffix"u8.ToArray()),
            Opcode.StoreAppend,
            body => Assert.True(KeyedRequest.TryRead(body, out KeyedRequest r) && r.Key.Text() == "k"
                && r.Operand.Text() == "suffix"),
            Bodies.Number(9)));
        Assert.Equal(5, await Call(Store.LengthAsync("k"), Opcode.StoreLength, KeyIs("k"), Bodies.Count(5)));
        Assert.Null(await Call(Store.LengthAsync("k"), Opcode.StoreLength, KeyIs("k"), Bodies.Count(-1)));
        StoreEntry<ReadOnlyMemory<byte>>? range = await Call(
            Store.RangeAsync("k", 2, -2),
            Opcode.StoreRange,
            body => Assert.True(RangeRequest.TryRead(body, out RangeRequest r) && (r.First, r.Last) == (2, -2)
                && r.Key.Text() == "k"),
            Bodies.Value("mid"));
        Assert.Equal("mid", range!.Value.Value.Text());
    }
}
