namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>MULTI, EXEC and WATCH.</summary>
public sealed class RespTransactionTests
{
    [Fact]
    public async Task What_is_queued_is_done_together()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.ExpectAsync("MULTI", "+OK");
        await peer.ExpectAsync("SET a 1", "+QUEUED");
        await peer.ExpectAsync("INCR a", "+QUEUED");
        await peer.ExpectAsync("HGET a f", "+QUEUED");
        await peer.ExpectAsync("GET a", "+QUEUED");
        await peer.ExpectAsync(
            "EXEC", "[+OK, :2, -WRONGTYPE Operation against a key holding the wrong kind of value, \"2\"]");
        await peer.ExpectAsync("EXEC", "-ERR EXEC without MULTI");
        await peer.ExpectAsync("MULTI", "+OK");
        await peer.ExpectAsync("MULTI", "-ERR MULTI calls can not be nested");
        await peer.ExpectAsync("SET a 9", "+QUEUED");
        await peer.ExpectAsync("DISCARD", "+OK");
        await peer.ExpectAsync("GET a", "\"2\"");
    }

    [Fact]
    public async Task What_cannot_be_queued_spoils_the_whole()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.CallAsync("MULTI");
        await peer.CallAsync("SET a 1");
        await peer.ExpectAsync("GET", "-ERR wrong number of arguments for 'get' command");
        await peer.ExpectAsync("EXEC", "-EXECABORT Transaction discarded because of previous errors.");
        await peer.ExpectAsync("EXISTS a", ":0");
        await peer.CallAsync("MULTI");
        await peer.ExpectAsync("SUBSCRIBE x", "-ERR Command not allowed inside a transaction");
        await peer.ExpectAsync("EXEC", "-EXECABORT Transaction discarded because of previous errors.");
    }

    [Theory]
    [InlineData("SET k 2")]
    [InlineData("DEL k")]
    [InlineData("SET k 1")]
    [InlineData("APPEND k x")]
    [InlineData("EXPIRE k 100")]
    [InlineData("DEL k;SET k 1")]
    [InlineData("RENAME k other;SET k 1")]
    [InlineData("FLUSHALL")]
    [InlineData("PEXPIRE k 1;wait")]
    public async Task A_watched_key_that_has_changed_fails_the_transaction(string changes)
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await using RespPeer other = await RespPeer.ConnectAsync(server);
        await peer.CallAsync("SET k 1");
        await peer.ExpectAsync("WATCH k free", "+OK");
        foreach (string change in changes.Split(';'))
        {
            await (change == "wait" ? Task.Delay(30) : other.CallAsync(change));
        }

        await peer.CallAsync("MULTI");
        await peer.CallAsync("SET done 1");
        await peer.ExpectAsync("EXEC", "nil");
        await peer.ExpectAsync("EXISTS done", ":0");
    }

    [Fact]
    public async Task A_key_that_has_come_and_gone_fails_it_too_and_one_that_was_only_read_does_not()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await using RespPeer other = await RespPeer.ConnectAsync(server);

        await peer.CallAsync("WATCH k");
        await other.CallAsync("SET k 1");
        await other.CallAsync("DEL k");
        await peer.CallAsync("MULTI");
        await peer.CallAsync("SET k 2");
        await peer.ExpectAsync("EXEC", "nil");

        await peer.CallAsync("SET k 1");
        await peer.CallAsync("WATCH k");
        await other.CallAsync("GET k");
        await peer.CallAsync("MULTI");
        await peer.CallAsync("INCR k");
        await peer.ExpectAsync("EXEC", "[:2]");

        await peer.CallAsync("WATCH k");
        await other.CallAsync("SET k 7");
        await peer.ExpectAsync("UNWATCH", "+OK");
        await peer.CallAsync("MULTI");
        await peer.CallAsync("GET k");
        await peer.ExpectAsync("EXEC", "[\"7\"]");
    }

    [Fact]
    public async Task Nobody_sees_the_half_of_a_transaction()
    {
        await using TestServer server = await RespServers.StartAsync();
        string[] keys = [.. Enumerable.Range(0, 20).Select(i => $"k{i}")];
        using var stop = new CancellationTokenSource();
        Task writer = Task.Run(async () =>
        {
            await using RespPeer peer = await RespPeer.ConnectAsync(server);
            for (int round = 0; !stop.IsCancellationRequested; round++)
            {
                await peer.CallAsync("MULTI");
                foreach (string key in keys)
                {
                    await peer.CallAsync($"SET {key} {round}");
                }

                await peer.CallAsync("EXEC");
            }
        });
        await using RespPeer reader = await RespPeer.ConnectAsync(server);
        for (int i = 0; i < 300; i++)
        {
            await reader.CallAsync("MULTI");
            foreach (string key in keys)
            {
                await reader.CallAsync($"GET {key}");
            }

            string[] values = (await reader.CallAsync("EXEC")).Trim('[', ']').Split(", ");
            Assert.Single(values.Distinct());
        }

        await stop.CancelAsync();
        await writer;
    }

    [Fact]
    public async Task Transactions_that_add_to_one_counter_under_WATCH_lose_nothing()
    {
        await using TestServer server = await RespServers.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await using RespPeer peer = await RespPeer.ConnectAsync(server);
            for (int done = 0; done < 50;)
            {
                await peer.CallAsync("WATCH n");
                string before = (await peer.CallAsync("GET n")).Trim('"');
                int value = before == "nil" ? 0 : int.Parse(before, System.Globalization.CultureInfo.InvariantCulture);
                await peer.CallAsync("MULTI");
                await peer.CallAsync($"SET n {value + 1}");
                done += await peer.CallAsync("EXEC") == "nil" ? 0 : 1;
            }
        }));
        await using RespPeer last = await RespPeer.ConnectAsync(server);

        await last.ExpectAsync("GET n", "\"200\"");
    }
}
