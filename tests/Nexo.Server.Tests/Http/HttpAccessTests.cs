using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Nexo.Server.Security;
using Nexo.Server.Tests.Security;

namespace Nexo.Server.Tests.Http;

public sealed class HttpAccessTests
{
    private static readonly SecurityOptions Secure = new()
    {
        Users = [.. TestSecrets.Ada, new("bob", TestSecrets.Parse(TestSecrets.AdaHash))],
        Token = TokenHash.Of("t0ken"),
        Allow = [new("ada", AccessRuleTests.Parse("admin read")), new("bob", AccessRuleTests.Parse("store * *"))],
    };

    public static TheoryData<string, string?, HttpStatusCode> Rows()
    {
        var rows = new TheoryData<string, string?, HttpStatusCode>();
        foreach (string path in (string[])["/", "/metrics"])
        {
            rows.Add(path, null, HttpStatusCode.Unauthorized);
            rows.Add(path, "Bearer t0ken", HttpStatusCode.OK);
            rows.Add(path, "bearer t0ken", HttpStatusCode.OK);
            rows.Add(path, "Bearer wrong", HttpStatusCode.Unauthorized);
            rows.Add(path, Basic("ada", TestSecrets.AdaPassword), HttpStatusCode.OK);
            rows.Add(path, Basic("ada", "wrong"), HttpStatusCode.Unauthorized);
            rows.Add(path, Basic("bob", TestSecrets.AdaPassword), HttpStatusCode.Forbidden);
            rows.Add(path, "Basic ???", HttpStatusCode.Unauthorized);
            rows.Add(path, "Digest x", HttpStatusCode.Unauthorized);
        }

        foreach (string path in (string[])["/healthz", "/readyz"])
        {
            rows.Add(path, null, HttpStatusCode.OK);
            rows.Add(path, "Bearer wrong", HttpStatusCode.OK);
        }

        rows.Add("/nothing", null, HttpStatusCode.NotFound);
        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Figures_are_for_who_may_read_them_and_health_is_for_all(string path, string? credentials, HttpStatusCode expected)
    {
        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Quiet with { Security = Secure });
        using HttpResponseMessage answer = await AskAsync(server, path, credentials);
        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(expected == HttpStatusCode.Unauthorized, answer.Headers.WwwAuthenticate.Count > 0);
        string body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected == HttpStatusCode.OK && path == "/metrics", body.Contains("nexo_uptime", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Guessing_is_throttled()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            RunningServer.Quiet with { Security = Secure with { FailureBurst = 3 } });
        HttpStatusCode[] codes = new HttpStatusCode[6];
        for (int i = 0; i < codes.Length; i++)
        {
            using HttpResponseMessage answer = await AskAsync(server, "/metrics", $"Bearer guess-{i}");
            codes[i] = answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.Unauthorized, codes[0]);
        Assert.Equal(HttpStatusCode.TooManyRequests, codes[^1]);
    }

    [Fact]
    public async Task They_can_be_shown_to_all()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            RunningServer.Quiet with { Security = Secure with { MetricsOpen = true } });
        using HttpResponseMessage answer = await AskAsync(server, "/metrics", null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static string Basic(string user, string password) =>
        $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}";

    private static Task<HttpResponseMessage> AskAsync(RunningServer server, string path, string? credentials)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (credentials is not null)
        {
            request.Headers.Authorization = AuthenticationHeaderValue.Parse(credentials);
        }

        return server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
