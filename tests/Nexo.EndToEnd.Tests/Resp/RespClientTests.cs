namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>CLIENT and what else is about connections.</summary>
public sealed class RespClientTests
{
    [Fact]
    public async Task Answers_can_be_left_out()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.SendAsync("CLIENT", "REPLY", "SKIP");
        await peer.SendAsync("SET", "k", "1");
        await peer.ExpectAsync("GET k", "\"1\"");
        await peer.SendAsync("CLIENT", "REPLY", "OFF");
        await peer.SendAsync("INCR", "k");
        await peer.SendAsync("NOSUCH");
        await peer.SendAsync("GET");
        await peer.SendAsync("KEYS", "*");
        await peer.SendAsync("BLPOP", "none", "0.01");
        await peer.SendAsync("CLIENT", "REPLY", "SKIP");
        await peer.SendAsync("INCR", "k");
        await peer.ExpectAsync("CLIENT REPLY ON", "+OK");
        await peer.ExpectAsync("GET k", "\"3\"");
        await peer.SendAsync("CLIENT", "REPLY", "OFF");
        await peer.ExpectAsync("RESET", "+RESET");
        await peer.ExpectAsync("CLIENT REPLY MAYBE", "-ERR syntax error");
        await peer.CallAsync("MULTI");
        await peer.CallAsync("CLIENT REPLY OFF");
        await peer.ExpectAsync("EXEC", "[-ERR CLIENT REPLY is not allowed in a transaction here]");
    }

    [Fact]
    public async Task Messages_come_although_answers_are_left_out()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await using RespPeer publisher = await RespPeer.ConnectAsync(server);

        await peer.SendAsync("CLIENT", "REPLY", "OFF");
        Assert.Equal("[\"subscribe\", \"a\", :1]", await peer.CallAsync("SUBSCRIBE a"));
        await publisher.ExpectAsync("PUBLISH a m", ":1");
        Assert.Equal("[\"message\", \"a\", \"m\"]", await peer.ReadAsync());
    }

    [Fact]
    public async Task Who_waits_is_unblocked_as_if_its_time_was_up_or_with_an_error()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer waiting = await RespPeer.ConnectAsync(server);
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        string id = (await waiting.CallAsync("CLIENT ID"))[1..];

        await peer.ExpectAsync($"CLIENT UNBLOCK {id}", ":0");
        await waiting.SendAsync("BLPOP", "none", "0");
        await UnblockAsync(peer, $"CLIENT UNBLOCK {id}");
        Assert.Equal("nil", await waiting.ReadAsync());
        await waiting.SendAsync("BLMOVE", "none", "other", "LEFT", "LEFT", "0");
        await UnblockAsync(peer, $"CLIENT UNBLOCK {id} ERROR");
        Assert.Equal("-UNBLOCKED client unblocked via CLIENT UNBLOCK", await waiting.ReadAsync());
        await waiting.SendAsync("BZPOPMIN", "none", "0");
        await UnblockAsync(peer, $"CLIENT UNBLOCK {id} TIMEOUT");
        Assert.Equal("nil", await waiting.ReadAsync());
        await peer.ExpectAsync($"CLIENT UNBLOCK {id} FOO", "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        await peer.ExpectAsync("CLIENT UNBLOCK x", "-ERR value is not an integer or out of range");
    }

    [Fact]
    public async Task Nobody_comes_between_a_transaction_that_unblocks_him()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer waiting = await RespPeer.ConnectAsync(server);
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        string id = (await waiting.CallAsync("CLIENT ID"))[1..];
        await waiting.SendRawAsync([.. RespPeer.Encode("BLPOP", "none", "0"), .. RespPeer.Encode("SET", "side", "1")]);
        await Poll.UntilAsync(async () => (await peer.CallAsync("INFO clients")).Contains("blocked_clients:1", StringComparison.Ordinal));
        await Task.Delay(50);

        await peer.CallAsync("MULTI");
        await peer.CallAsync($"CLIENT UNBLOCK {id}");
        await peer.CallAsync("GET side");
        await peer.ExpectAsync("EXEC", "[:1, nil]");

        Assert.Equal("nil", await waiting.ReadAsync());
        Assert.Equal("+OK", await waiting.ReadAsync());
    }

    [Fact]
    public async Task Nobody_ends_himself_by_KILL_but_others()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await using RespPeer other = await RespPeer.ConnectAsync(server);

        await peer.ExpectAsync($"CLIENT KILL ID {(await peer.CallAsync("CLIENT ID"))[1..]}", ":0");
        await peer.ExpectAsync($"CLIENT KILL ID {(await other.CallAsync("CLIENT ID"))[1..]}", ":1");
        Assert.True(await other.IsClosedAsync());
        await peer.ExpectAsync("CLIENT KILL ID x", "-ERR client-id should be greater than 0");
        await peer.ExpectAsync("CLIENT NO-TOUCH ON", "+OK");
        await peer.ExpectAsync(
            $"CLIENT SETNAME {new string('x', 1_025)}", "-ERR Client names cannot contain spaces, newlines or special characters.");
    }

    [Fact]
    public async Task What_a_browser_sends_is_not_done()
    {
        await using TestServer server = await RespServers.StartAsync();
        foreach (string head in new[] { "POST / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" })
        {
            await using RespPeer browser = await RespPeer.ConnectAsync(server);
            await browser.SendRawAsync(System.Text.Encoding.ASCII.GetBytes(head + "Content-Length: 9\r\n\r\nSET k v\r\n"));
            while (!await browser.IsClosedAsync())
            {
            }
        }

        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await peer.ExpectAsync("EXISTS k", ":0");
    }

    [Fact]
    public async Task Keys_of_a_command_without_any_are_no_failure()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.ExpectAsync("COMMAND GETKEYS OBJECT HELP", "-ERR The command has no key arguments");
        await peer.ExpectAsync("COMMAND GETKEYS MSET a 1 b 2", "[\"a\", \"b\"]");
        await peer.ExpectAsync("COMMAND GETKEYS BLPOP a b 0", "[\"a\", \"b\"]");
        await peer.ExpectAsync("COMMAND GETKEYS PING", "-ERR The command has no key arguments");
    }

    [Fact]
    public async Task A_moment_is_told_as_it_was_said()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        for (int i = 0; i < 300; i++)
        {
            await peer.CallAsync($"SET k v PXAT {4_000_000_000_000 + i}");
            await peer.ExpectAsync("PEXPIRETIME k", $":{4_000_000_000_000 + i}");
        }
    }

    /// <summary>What ioredis sends when it connects, byte for byte, and what it looks at in the answers.</summary>
    [Fact]
    public async Task The_greeting_of_ioredis_is_answered_as_it_expects()
    {
        await using TestServer server = await RespServers.StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.SendRawAsync(
        [
            .. RespPeer.Encode("client", "setname", "orders"),
            .. RespPeer.Encode("client", "SETINFO", "LIB-NAME", "ioredis"),
            .. RespPeer.Encode("client", "SETINFO", "LIB-VER", "5.11.1"),
            .. RespPeer.Encode("select", "0"),
            .. RespPeer.Encode("info"),
        ]);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal("+OK", await peer.ReadAsync());
        }

        // It is ready when nothing is being loaded and there is no master that is not linked.
        string[] facts = (await peer.ReadAsync()).Trim('"').Split("\r\n");
        Assert.Contains("loading:0", facts);
        Assert.Contains("role:master", facts);
        Assert.DoesNotContain(facts, fact => fact.StartsWith("master_link_status", StringComparison.Ordinal));
        Assert.Contains("lib-name=ioredis lib-ver=5.11.1", await peer.CallAsync("CLIENT INFO"));
    }

    private static Task UnblockAsync(RespPeer peer, string line) => Poll.UntilAsync(async () => await peer.CallAsync(line) == ":1");
}
