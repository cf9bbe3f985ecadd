using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>Microsoft's cache of two levels, the second of which is Nexo, as it is.</summary>
public sealed class HybridCacheTests
{
    [Fact]
    public async Task What_one_process_has_made_another_one_finds()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using ServiceProvider first = Start(server);
        await using ServiceProvider second = Start(server);

        Assert.Equal(new Order(7, "tea"), await GetAsync(first, new Order(7, "tea")));
        Assert.Equal(new Order(7, "tea"), await GetAsync(first, new Order(8, "made twice")));
        Assert.Equal(new Order(7, "tea"), await GetAsync(second, new Order(9, "made twice")));
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        Assert.InRange(int.Parse((await peer.CallAsync("TTL shop:order:7"))[1..], System.Globalization.CultureInfo.InvariantCulture), 290, 300);
    }

    [Fact]
    public async Task What_was_removed_or_was_tagged_is_made_anew()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using ServiceProvider first = Start(server);
        await using ServiceProvider second = Start(server);
        await GetAsync(first, new Order(1, "old"));

        await first.GetRequiredService<HybridCache>().RemoveAsync("order:7");
        Assert.Equal(new Order(2, "newer"), await GetAsync(second, new Order(2, "newer")));
        await second.GetRequiredService<HybridCache>().RemoveByTagAsync("orders");
        Assert.Equal(new Order(3, "newest"), await GetAsync(second, new Order(3, "newest")));
        Assert.Equal(new Order(3, "newest"), await GetAsync(first, new Order(4, "made twice")));
    }

    [Fact]
    public async Task Who_asks_at_once_has_it_made_once()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using ServiceProvider provider = Start(server);
        int made = 0;

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => provider.GetRequiredService<HybridCache>().GetOrCreateAsync(
            "slow",
            async cancel =>
            {
                await Task.Delay(50, cancel);
                return Interlocked.Increment(ref made);
            }).AsTask()));

        Assert.Equal(1, made);
    }

    private static ServiceProvider Start(TestServer server)
    {
        var services = new ServiceCollection();
        services.AddStackExchangeRedisCache(options =>
        {
            options.Configuration = $"127.0.0.1:{server.RespPort},connectTimeout=20000,syncTimeout=20000";
            options.InstanceName = "shop:";
        });
        services.AddHybridCache(options => options.DefaultEntryOptions = new HybridCacheEntryOptions
        {
            Expiration = TimeSpan.FromMinutes(5),
            LocalCacheExpiration = TimeSpan.FromMinutes(1),
        });
        return services.BuildServiceProvider();
    }

    private static ValueTask<Order> GetAsync(ServiceProvider provider, Order order) =>
        provider.GetRequiredService<HybridCache>().GetOrCreateAsync("order:7", _ => ValueTask.FromResult(order), tags: ["orders"]);

    private sealed record Order(int Number, string Article);
}
