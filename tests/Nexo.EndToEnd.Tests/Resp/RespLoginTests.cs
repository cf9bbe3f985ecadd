using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>Who may do what before it has said who it is.</summary>
public sealed class RespLoginTests
{
    [Fact]
    public async Task Nothing_goes_before_a_login_and_all_after_it()
    {
        await using TestServer server = await StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.ExpectAsync("GET k", "-NOAUTH Authentication required.");
        await peer.ExpectAsync("AUTH ada wrong", "-WRONGPASS invalid username-password pair or user is disabled.");
        await peer.ExpectAsync("AUTH ada secret", "+OK");
        await peer.ExpectAsync("GET k", "nil");
        Assert.Contains("user=ada", await peer.CallAsync("CLIENT INFO"));
        await peer.ExpectAsync("RESET", "+RESET");
        await peer.ExpectAsync("GET k", "-NOAUTH Authentication required.");
        await using RespPeer other = await RespPeer.ConnectAsync(server);
        await other.ExpectAsync("AUTH ada secret", "+OK");
        string reset = (await other.CallAsync("CLIENT LIST")).Split('\n').Single(line => line.Contains("cmd=reset", StringComparison.Ordinal));
        Assert.Contains("user=default", reset);
    }

    [Fact]
    public async Task HELLO_logs_in_and_what_comes_behind_it_waits()
    {
        await using TestServer server = await StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.SendRawAsync(
            [.. RespPeer.Encode("HELLO", "3", "AUTH", "ada", "secret"), .. RespPeer.Encode("SET", "k", new string('x', 60_000))]);
        Assert.StartsWith("{\"server\"", await peer.ReadAsync());
        Assert.Equal("+OK", await peer.ReadAsync());
        await using RespPeer other = await RespPeer.ConnectAsync(server);
        Assert.StartsWith("-NOAUTH HELLO must be called", await other.CallAsync("HELLO 3"));
        Assert.StartsWith("-WRONGPASS", await other.CallAsync("HELLO 3 AUTH ada no"));
    }

    [Fact]
    public async Task Who_has_not_logged_in_can_send_little()
    {
        await using TestServer server = await StartAsync();
        await using RespPeer peer = await RespPeer.ConnectAsync(server);

        await peer.SendRawAsync("*3\r\n$4\r\nAUTH\r\n$100000\r\n"u8.ToArray());
        Assert.Equal("-ERR Protocol error: unauthenticated bulk length", await peer.ReadAsync());
        Assert.True(await peer.IsClosedAsync());
        await using RespPeer many = await RespPeer.ConnectAsync(server);
        await many.SendRawAsync("*11\r\n"u8.ToArray());
        Assert.Equal("-ERR Protocol error: unauthenticated multibulk length", await many.ReadAsync());
        await using RespPeer silent = await RespPeer.ConnectAsync(server);
        Assert.True(await silent.IsClosedAsync());
    }

    private static Task<TestServer> StartAsync() => RespServers.StartAsync(options => options with
    {
        Connections = options.Connections with { HelloTimeoutMs = 500 },
        Security = options.Security with
        {
            Users = [new UserCredential("ada", PasswordHash.Of("secret", iterations: 100_000))],
        },
    });
}
