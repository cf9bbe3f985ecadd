using Nexo.EndToEnd.Tests.Resp;
using Nexo.Server;
using Nexo.Server.Resp;
using StackExchange.Redis;

namespace Nexo.EndToEnd.Tests.Security;

public sealed class RespAccessTests(RespAccessTests.Shared shared) : IClassFixture<RespAccessTests.Shared>
{
    public static TheoryData<string> Lines => [.. RespNeeds.All.Select(row => row.Line)];

    private SecureServer Secure => shared.Secure;

    [Fact]
    public void Every_command_is_in_the_table()
    {
        Assert.Equal(
            RespCommands.All.Select(command => command.Name).Order(),
            RespNeeds.All.Select(row => row.Command).Distinct().Concat(RespNeeds.Logins).Order());
        Assert.DoesNotContain(RespCommands.All, command => command.Need.Reach == RespReach.Unknown);
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_command_is_done_for_who_has_all_its_rules_and_for_nobody_else(string line)
    {
        RespNeedRow row = RespNeeds.All.Single(one => one.Line == line);
        await Secure.AllowAsync(
        [
            ("nobody", []),
            ("exact", row.Rules),
            .. row.Rules.Select((_, index) => ($"without-{index}", row.Rules.Where((_, at) => at != index).ToArray())),
        ]);

        Assert.StartsWith("-NOAUTH", await CallAsync(null, line), StringComparison.Ordinal);
        Assert.Equal(row.Rules.Length > 0, IsDenied(await CallAsync("nobody", line)));
        for (int i = 0; i < row.Rules.Length; i++)
        {
            Assert.True(IsDenied(await CallAsync($"without-{i}", line)), $"without '{row.Rules[i]}'");
        }

        Assert.False(IsDenied(await CallAsync("exact", line)));
        Assert.False(IsDenied(await CallAsync(SecureServer.Operator, line)));
    }

    [Fact]
    public async Task What_is_refused_is_said_as_redis_says_it_and_spoils_a_transaction()
    {
        await Secure.AllowAsync("ada", "store read,write own:*");
        await using RespPeer peer = await LogInAsync("ada");

        Assert.Equal(
            "-NOPERM User ada has no permissions to access one of the keys used as arguments", await peer.CallAsync("get other"));
        Assert.Equal(
            "-NOPERM User ada has no permissions to access one of the channels used as arguments", await peer.CallAsync("subscribe a"));
        Assert.Equal("-NOPERM User ada has no permissions to run the 'info' command", await peer.CallAsync("info"));
        Assert.Equal("+OK", await peer.CallAsync("multi"));
        Assert.Equal("+QUEUED", await peer.CallAsync("set own:aborted v"));
        Assert.StartsWith("-NOPERM", await peer.CallAsync("set other v"), StringComparison.Ordinal);
        Assert.StartsWith("-EXECABORT", await peer.CallAsync("exec"), StringComparison.Ordinal);
        Assert.Equal("nil", await peer.CallAsync("get own:aborted"));
    }

    [Fact]
    public async Task A_rule_that_goes_while_commands_are_queued_is_missed_by_exec()
    {
        await Secure.AllowAsync("ada", "store write a", "store write b");
        await using RespPeer peer = await LogInAsync("ada");
        await peer.CallAsync("multi");
        await peer.CallAsync("set a 1");
        await peer.CallAsync("set b 1");
        await Secure.AllowAsync("ada", "store write b");

        string answer = await peer.CallAsync("exec");
        Assert.Contains("NOPERM", answer, StringComparison.Ordinal);
        Assert.Contains("+OK", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_that_may_not_hear_any_more_is_ended_and_others_hear_on()
    {
        await Secure.AllowAsync(("ada", ["topics read a"]), ("bob", ["topics read a"]), ("eve", ["topics read news/#"]));
        await using RespPeer ada = await LogInAsync("ada");
        await using RespPeer bob = await LogInAsync("bob");
        await using RespPeer eve = await LogInAsync("eve");
        await ada.CallAsync("subscribe a");
        await bob.CallAsync("subscribe a");
        await eve.CallAsync("psubscribe news/*");

        await Secure.AllowAsync(("ada", ["topics read b"]), ("eve", []));

        Assert.True(await ada.IsClosedAsync());
        Assert.True(await eve.IsClosedAsync());
        await using RespPeer keeper = await LogInAsync(SecureServer.Operator);
        Assert.Equal(":1", await keeper.CallAsync("publish a x"));
        Assert.Contains("\"x\"", await bob.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_waits_for_what_it_may_not_have_any_more_gets_nothing()
    {
        await Secure.AllowAsync(("ada", ["store read,write q"]), ("bob", ["store read,write q"]));
        await using RespPeer ada = await LogInAsync("ada");
        await using RespPeer bob = await LogInAsync("bob");
        await ada.SendAsync("blpop", "q", "20");
        await bob.SendAsync("blpop", "q", "20");
        await Poll.UntilAsync(() => Secure.Server.Native.Clients.All.OfType<RespConnection>().Count(one => one.IsBlocked) == 2);

        await Secure.AllowAsync("ada", "store read q");
        Assert.Equal("nil", await ada.ReadAsync());

        await using RespPeer keeper = await LogInAsync(SecureServer.Operator);
        await keeper.CallAsync("rpush q v");
        Assert.Equal("[\"q\", \"v\"]", await bob.ReadAsync());
    }

    [Fact]
    public async Task A_user_that_is_removed_is_sent_away()
    {
        await Secure.AllowAsync(("ada", ["store read a"]), ("bob", ["store read a"]));
        await using RespPeer ada = await LogInAsync("ada");
        await using RespPeer bob = await LogInAsync("bob");
        await Secure.RemoveAsync("ada");

        Assert.True(await ada.IsClosedAsync());
        Assert.Equal("nil", await bob.CallAsync("get a"));
    }

    [Fact]
    public async Task The_usual_client_connects_as_a_user_with_few_rules()
    {
        await Secure.AllowAsync("ada", "store read,write own:*", "topics read,write own/#");
        var options = new ConfigurationOptions
        {
            EndPoints = { $"127.0.0.1:{Secure.Server.RespPort}" },
            Password = "ada",
            AbortOnConnectFail = true,
        };
        await using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(options);
        IDatabase database = redis.GetDatabase();
        Assert.True(await database.StringSetAsync("own:1", "v"));
        Assert.Equal("v", await database.StringGetAsync("own:1"));
        RedisServerException refused = await Assert.ThrowsAsync<RedisServerException>(() => database.StringGetAsync("other"));
        Assert.StartsWith("NOPERM", refused.Message, StringComparison.Ordinal);
    }

    private static bool IsDenied(string answer) => answer.Contains("NOPERM", StringComparison.Ordinal);

    private async Task<string> CallAsync(string? user, string line)
    {
        await using RespPeer peer = user is null ? await RespPeer.ConnectAsync(Secure.Server) : await LogInAsync(user);
        return await peer.CallAsync(line);
    }

    private async Task<RespPeer> LogInAsync(string user)
    {
        RespPeer peer = await RespPeer.ConnectAsync(Secure.Server);
        Assert.Equal("+OK", await peer.CallAsync($"auth {user}"));
        return peer;
    }

    /// <summary>One server for all rows: each sets its own users.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        internal SecureServer Secure { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Secure = await SecureServer.StartAsync(
            options => options with { Resp = options.Resp with { Port = NetworkOptions.PortAny } });

        public ValueTask DisposeAsync() => Secure.DisposeAsync();
    }
}
