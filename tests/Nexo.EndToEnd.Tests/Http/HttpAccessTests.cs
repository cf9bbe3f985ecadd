using System.Text;
using Nexo.EndToEnd.Tests.Security;
using Nexo.Server.Http.Api;
using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Http;

/// <summary>Every route and every way of having logged in.</summary>
public sealed class HttpAccessTests(HttpAccessTests.Shared shared) : IClassFixture<HttpAccessTests.Shared>
{
    private const string Nobody = "nobody";
    private const string Exact = "exact";
    private const string Elsewhere = "elsewhere";

    public static TheoryData<int> Places => [.. Enumerable.Range(0, HttpNeeds.All.Count)];

    private SecureServer Secure => shared.Secure;

    [Fact]
    public void Every_route_is_in_the_table_with_what_it_says_itself_that_it_needs()
    {
        Assert.Equal(
            ApiRoutes.All.Select(route => route.Id).Order(StringComparer.Ordinal),
            HttpNeeds.All.Select(need => need.Id).Distinct().Order(StringComparer.Ordinal));
        Assert.All(ApiRoutes.All, route =>
        {
            HttpNeed need = HttpNeeds.All.First(one => one.Id == route.Id);
            Assert.Equal(route.Method, need.Method);
            Assert.Equal(route.Needs.Select(one => one.ToString()), need.Rules.Select(rule => string.Join(' ', rule.Split(' ').Take(2))));
        });
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_request_is_answered_to_who_has_all_its_rules_and_to_nobody_else(int place)
    {
        HttpNeed need = HttpNeeds.All[place];
        await Secure.AllowAsync(
        [
            (Nobody, []),
            (Exact, need.Rules),
            (Elsewhere, [.. need.Rules.Select(Moved).OfType<string>()]),
            .. need.Rules.Select((_, index) => ($"without-{index}", need.Rules.Where((_, at) => at != index).ToArray())),
        ]);

        Assert.Equal(401, await AskAsync(need, token: null));
        Assert.Equal(401, await AskAsync(need, "wrong"));
        foreach (string user in (string[])[Nobody, Elsewhere, .. need.Rules.Select((_, index) => $"without-{index}")])
        {
            int status = await AskAsync(need, user);
            Assert.True(need.Rules.Length == 0 ? status < 400 : status == 403, $"{need} for {user}: {status}");
        }

        foreach (string user in (string[])[Exact, SecureServer.Operator])
        {
            // What was asked before may be in the way; the server has no disk to write a snapshot to.
            int status = await AskAsync(need, user);
            Assert.True(status is (>= 200 and < 300) or 404 or 409 || (status == 400 && need.Id == "snapshot"), $"{need} for {user}: {status}");
        }
    }

    [Theory]
    [InlineData("/", "admin read")]
    [InlineData("/metrics", "admin read")]
    [InlineData("/healthz", null)]
    [InlineData("/readyz", null)]
    [InlineData("/openapi.json", null)]
    public async Task So_are_the_pages(string path, string? rule)
    {
        await Secure.AllowAsync((Nobody, []), (Exact, rule is null ? [] : [rule]));
        var page = new HttpNeed(path, "GET", path, null);
        Assert.Equal(rule is null ? 200 : 401, await AskAsync(page, null));
        Assert.Equal(rule is null ? 200 : 401, await AskAsync(page, "wrong"));
        Assert.Equal(rule is null ? 200 : 403, await AskAsync(page, Nobody));
        Assert.Equal(200, await AskAsync(page, Exact));
        Assert.Equal(200, await AskAsync(page, SecureServer.Operator));
    }

    [Fact]
    public async Task Nothing_is_told_of_routes_before_somebody_has_logged_in_but_whether_they_are_there()
    {
        using var stranger = new ApiPeer(Secure.Server);
        Assert.Equal(401, (await stranger.GetAsync("/v1/queues/mail?nosuch=1")).Status);
        Assert.Equal(404, (await stranger.GetAsync("/v1/nosuch")).Status);
        ApiReply other = await stranger.SendAsync("PATCH", "/v1/store/cat", []);
        Assert.Equal(405, other.Status);
    }

    [Fact]
    public async Task One_connection_may_change_who_it_is_and_loses_what_is_withdrawn()
    {
        await Secure.AllowAsync((Nobody, []), (Exact, ["store read lynx"]));
        using var peer = new ApiPeer(Secure.Server);
        (string, string) As(string token) => ("Authorization", $"Bearer {token}");
        Assert.Equal(404, (await peer.GetAsync("/v1/store/lynx", As(Exact))).Status);
        Assert.Equal(403, (await peer.GetAsync("/v1/store/lynx", As(Nobody))).Status);
        Assert.Equal(401, (await peer.GetAsync("/v1/store/lynx")).Status);
        Assert.Equal(404, (await peer.GetAsync("/v1/store/lynx", As(Exact))).Status);

        await Secure.AllowAsync((Exact, ["store read dog"]));
        Assert.Equal(403, (await peer.GetAsync("/v1/store/lynx", As(Exact))).Status);
        await Secure.RemoveAsync(Exact);
        Assert.Equal(401, (await peer.GetAsync("/v1/store/lynx", As(Exact))).Status);
    }

    [Fact]
    public async Task A_request_that_waits_ends_when_its_rule_is_withdrawn()
    {
        using var keeper = new ApiPeer(Secure.Server, SecureServer.Operator);
        await keeper.PutAsync("/v1/queues/wait", "{}");
        await Secure.AllowAsync((Exact, ["queue consume wait"]));
        using var peer = new ApiPeer(Secure.Server, Exact);
        Task<ApiReply> waiting = peer.PostAsync("/v1/queues/wait/pull?wait=1h");
        await Poll.UntilAsync(async () => (int)(await keeper.GetAsync("/v1/queues/wait/stats")).Json["consumers"]! == 1);
        await Secure.AllowAsync((Exact, ["queue read wait"]));
        ApiReply ended = await waiting;
        Assert.InRange(ended.Status, 400, 599);
        await Poll.UntilAsync(async () => (int)(await keeper.GetAsync("/v1/queues/wait/stats")).Json["consumers"]! == 0);
    }

    [Fact]
    public async Task A_user_and_its_password_do_too_and_guessing_is_slowed_down()
    {
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(options) with
        {
            Security = options.Security with
            {
                Users = [new UserCredential("ada", PasswordHash.Of("right", PasswordHash.IterationsMin))],
                FailureBurst = 3,
            },
        });
        using var peer = new ApiPeer(server);
        (string, string) Basic(string pair) => ("Authorization", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(pair))}");
        Assert.Equal("ada", (string?)(await peer.GetAsync("/v1/info", Basic("ada:right"))).Json["user"]);
        ApiReply refused = await peer.GetAsync("/v1/info", Basic("ada:wrong"));
        Assert.Equal((401, "AuthenticationFailed"), (refused.Status, refused.Error));
        Assert.NotEmpty(refused.Headers.WwwAuthenticate);
        Assert.Equal(401, (await peer.GetAsync("/v1/info", ("Authorization", "Basic ???"))).Status);
        await Poll.UntilAsync(async () =>
        {
            refused = await peer.GetAsync("/v1/info", Basic("ada:guess"));
            return refused.Status == 429;
        });
        Assert.Equal("AuthenticationThrottled", refused.Error);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_refusal_is_a_problem_that_names_the_rule()
    {
        await Secure.AllowAsync((Nobody, []));
        using var peer = new ApiPeer(Secure.Server, Nobody);
        ApiReply refused = await peer.GetAsync("/v1/queues/jobs.mail");
        Assert.Equal("application/problem+json", refused.Type);
        Assert.Equal("PermissionDenied", refused.Error);
        Assert.Equal(203, (int)refused.Json["code"]!);
        Assert.Equal("The user 'nobody' may not do this: no rule allows 'queue read jobs.mail'.", (string?)refused.Json["detail"]);
    }

    private async Task<int> AskAsync(HttpNeed need, string? token)
    {
        using var peer = new ApiPeer(Secure.Server, token);
        return (await peer.SendAsync(need.Method, need.Path, need.Body is null ? null : Encoding.UTF8.GetBytes(need.Body))).Status;
    }

    // The same operations on something else; null: it is of the server itself, which is one.
    private static string? Moved(string rule)
    {
        string[] words = rule.Split(' ');
        return words.Length < 3 ? null
            : words[0] == "topics" ? $"topics {words[1]} zz/zz"
            : $"{words[0]} {words[1]} zz*";
    }

    public sealed class Shared : IAsyncLifetime
    {
        internal SecureServer Secure { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Secure = await SecureServer.StartAsync(ApiPeer.On);

        public async ValueTask DisposeAsync() => await Secure.DisposeAsync();
    }
}
