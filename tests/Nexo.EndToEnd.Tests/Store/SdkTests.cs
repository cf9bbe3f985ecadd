using System.Buffers;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Store;

public sealed class SdkTests
{
    [Fact]
    public async Task Every_store_command_is_reached_from_the_sdk()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using var recorder = new OpcodeRecorder(server);
        await using NexoClient client = await NexoClient.ConnectAsync(recorder.Url);
        await UseValuesAsync(client.Store);
        await UseKeysAsync(client.Store);
        await UseManyAsync(client.Store);
        await UseHashesAsync(client.Store);
        await UseWatchAsync(client.Store);

        Assert.Empty(recorder.Missing(OpcodeFacts.IsStore));
    }

    [Fact]
    public async Task A_lock_has_one_holder_until_it_is_released_or_its_time_is_up()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient first = await NexoClient.ConnectAsync(server.Url);
        await using NexoClient second = await NexoClient.ConnectAsync(server.Url);

        await using (NexoLock? held = await first.Store.AcquireLockAsync("lock:a", TimeSpan.FromSeconds(30)))
        {
            Assert.NotNull(held);
            Assert.Null(await second.Store.AcquireLockAsync("lock:a", TimeSpan.FromSeconds(30)));
            Assert.True(await held.RenewAsync(TimeSpan.FromSeconds(30)));
        }

        await using NexoLock? next = await second.Store.AcquireLockAsync("lock:a", TimeSpan.FromMilliseconds(50));
        Assert.NotNull(next);
        await Poll.UntilAsync(() => !first.Store.ExistsAsync("lock:a").AsTask().GetAwaiter().GetResult());
        Assert.False(await next.RenewAsync());
    }

    [Fact]
    public async Task Concurrent_increments_over_one_connection_add_up()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        const int Callers = 32;
        const int CallsEach = 500;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            for (int i = 0; i < CallsEach; i++)
            {
                await client.Store.IncrementAsync("n");
            }
        }));

        Assert.Equal(Callers * CallsEach, await client.Store.GetAsync<long>("n"));
    }

    [Fact]
    public async Task Compare_and_set_loses_no_update_among_concurrent_writers()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await client.Store.SetAsync("n", 0L);
        const int Writers = 8;
        const int UpdatesEach = 50;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            for (int i = 0; i < UpdatesEach; i++)
            {
                StoreSetResult result;
                do
                {
                    StoreEntry<long> entry = (await client.Store.GetEntryAsync<long>("n"))!.Value;
                    result = await client.Store.SetAsync(
                        "n", entry.Value + 1, new StoreSetOptions { When = StoreWhen.IfVersion(entry.Version) });
                }
                while (!result.Stored);
            }
        }));

        Assert.Equal(Writers * UpdatesEach, await client.Store.GetAsync<long>("n"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MaxValue / 10_000)]
    public async Task A_time_to_live_out_of_range_is_a_typed_error(long milliseconds)
    {
        await using TestServer server = await TestServer.StartAsync();
        using Native.RawPeer peer = await Native.RawPeer.GreetAsync(server);
        Native.Frame frame = await peer.AskAsync(Opcode.StoreSet, 2, buffer =>
            new SetRequest { Key = "k"u8, Expiry = new StoreExpiry(ExpiryKind.After, milliseconds) }.Write(buffer));

        Assert.Equal(ErrorCode.ExpiryOutOfRange, frame.Code);
    }

    [Fact]
    public async Task Keys_and_values_at_their_limits_are_kept_and_over_them_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        NexoServerInfo info = client.ServerInfo!;
        byte[] key = new byte[info.KeyBytesMax];
        byte[] value = new byte[info.ValueBytesMax];
        Random.Shared.NextBytes(key);
        Random.Shared.NextBytes(value);
        Assert.True((await client.Store.SetBytesAsync(key, value)).Stored);
        Assert.Equal(value, (await client.Store.GetBytesAsync(key))!.Value.Value.ToArray());

        await AssertCodeAsync(ErrorCode.KeyInvalid, client.Store.SetBytesAsync(new byte[info.KeyBytesMax + 1], value));
        await AssertCodeAsync(ErrorCode.KeyInvalid, client.Store.SetBytesAsync(Array.Empty<byte>(), value));
        await AssertCodeAsync(ErrorCode.ValueTooLarge, client.Store.SetBytesAsync("k", new byte[value.Length + 1]));
        Assert.True(await client.Store.ExistsAsync(key));
    }

    [Fact]
    public async Task Counters_on_text_and_hashes_on_values_are_typed_errors_and_change_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        NexoStore store = client.Store;
        await store.SetAsync("text", "abc");
        await store.SetAsync("max", long.MaxValue);
        await store.HashSetAsync("hash", "f", "v");

        await AssertCodeAsync(ErrorCode.NotAnInteger, store.IncrementAsync("text"));
        await AssertCodeAsync(ErrorCode.Overflow, store.IncrementAsync("max"));
        await AssertCodeAsync(ErrorCode.WrongType, store.HashGetAsync<string>("text", "f"));
        await AssertCodeAsync(ErrorCode.WrongType, store.GetAsync<string>("hash"));

        Assert.Equal("abc", await store.GetAsync<string>("text"));
        Assert.Equal(long.MaxValue, await store.GetAsync<long>("max"));
        Assert.Equal("v", await store.HashGetAsync<string>("hash", "f"));
    }

    [Fact]
    public async Task A_cursor_of_another_server_is_refused()
    {
        await using TestServer one = await TestServer.StartAsync();
        await using TestServer other = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(one.Url);
        await using NexoClient stranger = await NexoClient.ConnectAsync(other.Url);
        for (int i = 0; i < 100; i++)
        {
            await client.Store.SetAsync($"k:{i}", i);
        }

        StorePage page = await client.Store.ScanPageAsync("k:", limit: 10);
        Assert.False(page.IsLast);
        await AssertCodeAsync(ErrorCode.CursorInvalid, stranger.Store.ScanPageAsync("k:", page.Cursor, limit: 10));
        await AssertCodeAsync(ErrorCode.CursorInvalid, client.Store.ScanPageAsync("k:", new byte[] { 1, 2, 3 }, limit: 10));
    }

    private static async Task UseValuesAsync(NexoStore store)
    {
        Assert.True((await store.SetAsync("a", "one")).Stored);
        Assert.Equal("one", await store.GetAsync<string>("a"));
        var raw = new ArrayBufferWriter<byte>();
        Assert.True((await store.GetAsync("a", raw)).Found);
        Assert.Equal("one"u8.ToArray(), raw.WrittenMemory.ToArray());
        Assert.Equal("one", (await store.SwapAsync("a", "two")).Previous);
        Assert.False((await store.SetAsync("a", "x", new StoreSetOptions { When = StoreWhen.IfAbsent })).Stored);
        Assert.True((await store.SetAsync("a", "three", new StoreSetOptions { When = StoreWhen.IfValue("two"u8.ToArray()) })).Stored);
        Assert.Equal(8, await store.AppendAsync("a", "-ab"u8.ToArray()));
        Assert.Equal(8, await store.LengthAsync("a"));
        Assert.Equal("hree"u8.ToArray(), (await store.RangeAsync("a", 1, 4))!.Value.Value.ToArray());
        Assert.Equal("three-ab", (await store.TouchAsync<string>("a", TimeSpan.FromMinutes(1)))!.Value.Value);
        Assert.Equal("three-ab", (await store.TakeAsync<string>("a"))!.Value.Value);
        Assert.Null(await store.GetAsync<string>("a"));
        Assert.Equal(5, await store.IncrementAsync("n", 5));
        Assert.Equal(3, await store.DecrementAsync("n", 2));
    }

    private static async Task UseKeysAsync(NexoStore store)
    {
        await store.SetAsync("k", "v", new StoreSetOptions { Ttl = TimeSpan.FromMinutes(5) });
        Assert.Equal(TtlState.Expires, (await store.TtlAsync("k")).State);
        Assert.True(await store.PersistAsync("k"));
        Assert.Equal(TtlState.NoExpiry, (await store.TtlAsync("k")).State);
        Assert.True(await store.ExpireAsync("k", TimeSpan.FromMinutes(1)));
        Assert.True(await store.ExistsAsync("k"));
        ulong version = (await store.GetEntryAsync<string>("k"))!.Value.Version;
        Assert.Equal(DeleteOutcome.ConditionFailed, (await store.DeleteAsync("k", StoreWhen.IfVersion(version + 1))).Outcome);
        Assert.True((await store.DeleteAsync("k", StoreWhen.IfVersion(version))).Deleted);
        Assert.False(await store.ExistsAsync("k"));
    }

    private static async Task UseManyAsync(NexoStore store)
    {
        await store.SetManyAsync<string>([new("m:1", "one"), new("m:2", "two"), new("m:3", "three")]);
        IReadOnlyList<StoreItem<string>> items = await store.GetManyAsync<string>(["m:1", "m:none", "m:3"]);
        Assert.Equal(["one", null, "three"], items.Select(item => item.Value));
        List<string> keys = [];
        await foreach (StoreKey key in store.ScanAsync("m:"))
        {
            keys.Add(key.Key.ToString());
        }

        Assert.Equal(["m:1", "m:2", "m:3"], keys.Order());
        Assert.Equal(3, await store.CountAsync("m:"));
        Assert.Equal(1, await store.DeleteManyAsync(["m:1", "m:none"]));
        Assert.Equal(2, await store.ClearAsync("m:"));
    }

    private static async Task UseHashesAsync(NexoStore store)
    {
        Assert.Equal(2, await store.HashSetAsync<string>("h", [new("name", "Ada"), new("role", "admin")]));
        Assert.Equal("Ada", await store.HashGetAsync<string>("h", "name"));
        Assert.Equal(["admin", null], (await store.HashGetManyAsync<string>("h", ["role", "none"])).Select(item => item.Value));
        Assert.Equal(2, (await store.HashGetAllAsync<string>("h")).Fields.Count);
        Assert.Equal(7, await store.HashIncrementAsync("h", "logins", 7));
        Assert.Equal(3, await store.HashLengthAsync("h"));
        Assert.Equal(1, await store.HashDeleteAsync("h", ["name", "none"]));
    }

    private static async Task UseWatchAsync(NexoStore store)
    {
        await using StoreWatch watch = await store.OpenWatchAsync("w:");
        await store.SetAsync("w:1", "x");
        await foreach (StoreChangeEvent change in watch.ReadAllAsync())
        {
            Assert.Equal((StoreChange.Set, "w:1"), (change.Change, change.Key.ToString()));
            break;
        }
    }

    private static async Task AssertCodeAsync<T>(ErrorCode code, ValueTask<T> call)
    {
        NexoException exception = await Assert.ThrowsAsync<NexoException>(() => call.AsTask());
        Assert.Equal(code, exception.Code);
    }
}
