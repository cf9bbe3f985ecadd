using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using StackExchange.Redis;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>The client of Redis that .NET uses, and Microsoft's cache over it, as they are.</summary>
public sealed class StackExchangeRedisTests
{
    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task It_connects_and_reads_and_writes_in_pipelines(RedisProtocol protocol)
    {
        await using TestServer server = await RespServers.StartAsync();
        await using ConnectionMultiplexer redis = await ConnectAsync(server, protocol);
        IDatabase database = redis.GetDatabase();

        Assert.True(await database.StringSetAsync("k", "v", TimeSpan.FromMinutes(1)));
        Assert.Equal("v", await database.StringGetAsync("k"));
        Assert.InRange((await database.KeyTimeToLiveAsync("k"))!.Value.TotalSeconds, 50, 60);
        Assert.False(await database.StringSetAsync("k", "w", when: When.NotExists));
        Task<long>[] pipeline = [.. Enumerable.Range(0, 1_000).Select(_ => database.StringIncrementAsync("n"))];
        Assert.Equal(Enumerable.Range(1, 1_000).Select(i => (long)i), await Task.WhenAll(pipeline));
        await database.HashSetAsync("h", [new HashEntry("a", 1), new HashEntry("b", "x")]);
        Assert.Equal("a=1,b=x", string.Join(',', (await database.HashGetAllAsync("h")).OrderBy(f => f.Name).Select(f => $"{f.Name}={f.Value}")));
        Assert.Equal(2.5, await database.StringIncrementAsync("f", 2.5));
        Assert.True(await database.KeyRenameAsync("h", "h2"));
        Assert.Equal(RedisType.Hash, await database.KeyTypeAsync("h2"));
        Assert.Equal(RedisType.None, await database.KeyTypeAsync("h"));
        RedisKey[] keys = [.. redis.GetServers()[0].Keys(pattern: "*", pageSize: 2)];
        Assert.Equal(["f", "h2", "k", "n"], keys.Select(key => key.ToString()).Order());
        Assert.Equal(4, await redis.GetServers()[0].DatabaseSizeAsync());
        await database.PingAsync();
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task It_subscribes_and_publishes(RedisProtocol protocol)
    {
        await using TestServer server = await RespServers.StartAsync();
        await using ConnectionMultiplexer redis = await ConnectAsync(server, protocol);
        ISubscriber subscriber = redis.GetSubscriber();
        ChannelMessageQueue exact = await subscriber.SubscribeAsync(RedisChannel.Literal("news:a"));
        ChannelMessageQueue pattern = await subscriber.SubscribeAsync(RedisChannel.Pattern("news:*"));

        Assert.Equal(2, await subscriber.PublishAsync(RedisChannel.Literal("news:a"), "one"));
        Assert.Equal(1, await subscriber.PublishAsync(RedisChannel.Literal("news:b"), "two"));

        Assert.Equal("one", (await exact.ReadAsync()).Message);
        Assert.Equal("one", (await pattern.ReadAsync()).Message);
        ChannelMessage second = await pattern.ReadAsync();
        Assert.Equal("news:b two", $"{second.Channel} {second.Message}");
        await exact.UnsubscribeAsync();
        Assert.Equal(1, await subscriber.PublishAsync(RedisChannel.Literal("news:a"), "three"));
    }

    [Fact]
    public async Task Its_transactions_hold_their_conditions()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using ConnectionMultiplexer redis = await ConnectAsync(server, RedisProtocol.Resp3);
        IDatabase database = redis.GetDatabase();
        await database.StringSetAsync("k", "1");

        ITransaction first = database.CreateTransaction();
        first.AddCondition(Condition.StringEqual("k", "1"));
        Task<long> sum = first.StringIncrementAsync("k");
        Assert.True(await first.ExecuteAsync());
        Assert.Equal(2, await sum);

        ITransaction second = database.CreateTransaction();
#pragma warning disable SER301 // That there is another way of it is not what is tested.
        second.AddCondition(Condition.StringEqual("k", "1"));
        _ = second.StringSetAsync("k", "no");
#pragma warning restore SER301
        Assert.False(await second.ExecuteAsync());
        Assert.Equal("2", await database.StringGetAsync("k"));
    }

    [Fact]
    public async Task Its_locks_are_had_by_one()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using ConnectionMultiplexer redis = await ConnectAsync(server, RedisProtocol.Resp2);
        IDatabase database = redis.GetDatabase();

        Assert.True(await database.LockTakeAsync("lock", "a", TimeSpan.FromMinutes(1)));
        Assert.False(await database.LockTakeAsync("lock", "b", TimeSpan.FromMinutes(1)));
        Assert.Equal("a", await database.LockQueryAsync("lock"));
        Assert.False(await database.LockExtendAsync("lock", "b", TimeSpan.FromMinutes(2)));
        Assert.True(await database.LockExtendAsync("lock", "a", TimeSpan.FromMinutes(2)));
        Assert.False(await database.LockReleaseAsync("lock", "b"));
        Assert.True(await database.LockReleaseAsync("lock", "a"));
        Assert.True(await database.LockTakeAsync("lock", "b", TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task The_distributed_cache_of_ASPNET_works_over_it()
    {
        await using TestServer server = await RespServers.StartAsync();
        using var cache = new RedisCache(new RedisCacheOptions
        {
            Configuration = $"127.0.0.1:{server.RespPort}",
            InstanceName = "app:",
        });
        var options = new DistributedCacheEntryOptions
        {
            SlidingExpiration = TimeSpan.FromSeconds(30),
            AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(5),
        };

        await cache.SetAsync("k", "value"u8.ToArray(), options);
        Assert.Equal("value"u8.ToArray(), await cache.GetAsync("k"));
        await cache.RefreshAsync("k");
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        Assert.Contains(await peer.CallAsync("TTL app:k"), new[] { ":30", ":29" });
        await cache.RemoveAsync("k");
        Assert.Null(await cache.GetAsync("k"));
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(TestServer server, RedisProtocol protocol)
    {
        ConfigurationOptions options = ConfigurationOptions.Parse($"127.0.0.1:{server.RespPort}");
        options.Protocol = protocol;
        options.ConnectTimeout = 20_000;
        options.SyncTimeout = 20_000;
        options.AsyncTimeout = 20_000;
        return await ConnectionMultiplexer.ConnectAsync(options);
    }
}
