using System.Net;
using Nexo.Server.Tests.Observability;

namespace Nexo.Server.Tests.Http;

public sealed class HttpPortTests
{
    [Fact]
    public async Task Health_readiness_and_the_page_answer()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        Assert.Equal("alive\n", await server.ReadAsync("/healthz"));
        Assert.Equal("ready\n", await server.ReadAsync("/readyz"));
        string page = await server.ReadAsync("/");
        Assert.Contains($"Nexo {NexoServer.Version}", page);
        Assert.Contains(server.Addresses.Native, page);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page);
    }

    [Fact]
    public async Task Metrics_are_valid_prometheus_text_with_a_type_for_every_sample()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        using HttpResponseMessage response = await server.GetAsync("/metrics");
        PrometheusParser parsed = PrometheusParser.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        string[] expected =
        [
            "nexo_uptime_seconds", "nexo_process_resident_memory_bytes", "nexo_process_cpu_time_seconds_total",
            "nexo_connections_open", "nexo_requests_total", "nexo_network_received_bytes_total",
            "nexo_logins_failed_total", "nexo_store_entries", "nexo_store_hits_total",
        ];
        Assert.All(expected, name => Assert.NotEmpty(parsed.Of(name)));
    }

    [Theory]
    [InlineData("GET", "/nope", HttpStatusCode.NotFound)]
    [InlineData("GET", "/healthz/", HttpStatusCode.NotFound)]
    [InlineData("POST", "/healthz", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/metrics", HttpStatusCode.MethodNotAllowed)]
    [InlineData("PUT", "/nope", HttpStatusCode.MethodNotAllowed)]
    [InlineData("HEAD", "/", HttpStatusCode.OK)]
    public async Task Everything_else_is_refused_politely(string method, string path, HttpStatusCode status)
    {
        await using RunningServer server = await RunningServer.StartAsync();

        using HttpResponseMessage response = await server.Http.SendAsync(new HttpRequestMessage(new(method), path));

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task Readiness_is_off_before_the_server_starts_to_stop_its_connections()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        server.App.Lifetime.StopApplication();
        using HttpResponseMessage ready = await server.GetAsync("/readyz");
        using HttpResponseMessage alive = await server.GetAsync("/healthz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("stopping\n", await ready.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    [Fact]
    public async Task Http_can_be_turned_off()
    {
        NexoServerOptions options = RunningServer.Quiet with
        {
            Network = RunningServer.Quiet.Network with { HttpPort = NetworkOptions.HttpOff },
        };
        await using var app = NexoServer.Build(options);
        await app.StartAsync();

        Assert.Null(NexoServer.Addresses(app).Http);
        Assert.StartsWith("nexo://127.0.0.1:", NexoServer.Addresses(app).Native);
        await app.StopAsync();
    }
}
