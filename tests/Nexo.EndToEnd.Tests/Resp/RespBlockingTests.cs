namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>Commands that wait for others.</summary>
public sealed class RespBlockingTests
{
    [Fact]
    public async Task Those_who_wait_are_served_in_their_order_and_what_is_behind_them_is_handled_later()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer first = await RespPeer.ConnectAsync(server);
        await using RespPeer second = await RespPeer.ConnectAsync(server);
        await using RespPeer pusher = await RespPeer.ConnectAsync(server);
        await BlockAsync(first, pusher, "BLPOP", "k1", "k2", "0");
        await first.SendAsync("LLEN", "k2");
        await BlockAsync(second, pusher, "BRPOP", "k2", "0");

        await pusher.ExpectAsync("RPUSH k2 x y z", ":3");

        Assert.Equal("[\"k2\", \"x\"]", await first.ReadAsync());
        Assert.Equal("[\"k2\", \"z\"]", await second.ReadAsync());
        Assert.Equal(":1", await first.ReadAsync());
        await pusher.ExpectAsync("LRANGE k2 0 -1", "[\"y\"]");
    }

    [Fact]
    public async Task A_wait_ends_with_its_time_and_within_a_transaction_nobody_waits()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.ExpectAsync("BLPOP none 0.05", "nil");
        await peer.ExpectAsync("BLMOVE none other LEFT LEFT 0.05", "nil");
        await peer.ExpectAsync("BZMPOP 0.05 1 none MIN", "nil");
        await peer.ExpectAsync("MULTI", "+OK");
        await peer.ExpectAsync("BLPOP none 0", "+QUEUED");
        await peer.ExpectAsync("BZPOPMIN none 0", "+QUEUED");
        await peer.ExpectAsync("EXEC", "[nil, nil]");
        await peer.ExpectAsync("BLPOP none x", "-ERR timeout is not a float or out of range");
        await peer.ExpectAsync("BLPOP none -1", "-ERR timeout is negative");
    }

    [Fact]
    public async Task What_a_transaction_pushes_serves_those_who_wait_when_it_is_over()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer waiting = await RespPeer.ConnectAsync(server);
        await using RespPeer pusher = await RespPeer.ConnectAsync(server);
        await BlockAsync(waiting, pusher, "BLPOP", "k", "0");
        await pusher.ExpectAsync("MULTI", "+OK");
        await pusher.ExpectAsync("RPUSH k 1 2", "+QUEUED");
        await pusher.ExpectAsync("LLEN k", "+QUEUED");

        await pusher.ExpectAsync("EXEC", "[:2, :2]");

        Assert.Equal("[\"k\", \"1\"]", await waiting.ReadAsync());
        await BlockAsync(waiting, pusher, "BLPOP", "other", "0");
        await pusher.ExpectAsync("RENAME k other", "+OK");
        Assert.Equal("[\"other\", \"2\"]", await waiting.ReadAsync());
    }

    [Fact]
    public async Task Moves_that_wait_hand_an_element_on()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer move = await RespPeer.ConnectAsync(server);
        await using RespPeer pop = await RespPeer.ConnectAsync(server);
        await using RespPeer pusher = await RespPeer.ConnectAsync(server);
        await BlockAsync(move, pusher, "BLMOVE", "from", "to", "RIGHT", "LEFT", "0");
        await BlockAsync(pop, pusher, "BLPOP", "to", "0");

        await pusher.ExpectAsync("LPUSH from v", ":1");

        Assert.Equal("\"v\"", await move.ReadAsync());
        Assert.Equal("[\"to\", \"v\"]", await pop.ReadAsync());
        await pusher.ExpectAsync("EXISTS from to", ":0");
    }

    [Fact]
    public async Task A_client_that_has_gone_takes_nothing()
    {
        await using TestServer server = await RespServers.StartAsync();
        RespPeer gone = await RespPeer.ConnectAsync(server);
        await using RespPeer pusher = await RespPeer.ConnectAsync(server);
        await BlockAsync(gone, pusher, "BLPOP", "k", "0");
        await gone.DisposeAsync();
        await UntilBlockedAsync(pusher, 0);

        await pusher.ExpectAsync("RPUSH k 1", ":1");

        await pusher.ExpectAsync("LRANGE k 0 -1", "[\"1\"]");
    }

    [Fact]
    public async Task Members_of_sorted_sets_are_waited_for_too()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer first = await RespPeer.ConnectAsync(server);
        await using RespPeer second = await RespPeer.ConnectAsync(server);
        await using RespPeer pusher = await RespPeer.ConnectAsync(server);
        await BlockAsync(first, pusher, "BZPOPMAX", "z1", "z2", "0");
        await BlockAsync(second, pusher, "BZMPOP", "0", "2", "z1", "z2", "MIN", "COUNT", "5");

        await pusher.ExpectAsync("ZADD z2 1 a 2 b 3 c", ":3");

        Assert.Equal("[\"z2\", \"c\", \"3\"]", await first.ReadAsync());
        Assert.Equal("[\"z2\", [[\"a\", \"1\"], [\"b\", \"2\"]]]", await second.ReadAsync());
        await pusher.ExpectAsync("EXISTS z2", ":0");
    }

    private static async Task BlockAsync(RespPeer peer, RespPeer watcher, params string[] command)
    {
        int before = await BlockedAsync(watcher);
        await peer.SendAsync(command);
        await UntilBlockedAsync(watcher, before + 1);
    }

    private static async Task UntilBlockedAsync(RespPeer watcher, int count)
    {
        for (int tries = 0; tries < 1_000 && await BlockedAsync(watcher) != count; tries++)
        {
            await Task.Delay(10);
        }

        // It is counted as blocked a moment before it stands in line.
        await Task.Delay(50);
        Assert.Equal(count, await BlockedAsync(watcher));
    }

    private static async Task<int> BlockedAsync(RespPeer watcher)
    {
        string info = await watcher.CallAsync("INFO clients");
        int at = info.IndexOf("blocked_clients:", StringComparison.Ordinal) + "blocked_clients:".Length;
        return int.Parse(info[at..info.IndexOf('\r', at)], System.Globalization.CultureInfo.InvariantCulture);
    }
}
