using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Nexo.Server;

namespace Nexo.EndToEnd.Tests.Http;

/// <summary>A client of the HTTP API.</summary>
internal sealed class ApiPeer : IDisposable
{
    private readonly HttpClient _http;

    public ApiPeer(TestServer server, string? token = null)
    {
        _http = new HttpClient { BaseAddress = new Uri(server.HttpUrl!), Timeout = TimeSpan.FromMinutes(2) };
        if (token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    public static NexoServerOptions On(NexoServerOptions options) => options with
    {
        Network = options.Network with { HttpPort = NetworkOptions.PortAny },
    };

    public Task<ApiReply> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, null, headers);

    public Task<ApiReply> PutAsync(string path, string body, params (string Name, string Value)[] headers) =>
        SendAsync("PUT", path, Encoding.UTF8.GetBytes(body), headers);

    public Task<ApiReply> PostAsync(string path, string body = "", params (string Name, string Value)[] headers) =>
        SendAsync("POST", path, Encoding.UTF8.GetBytes(body), headers);

    public Task<ApiReply> DeleteAsync(string path, params (string Name, string Value)[] headers) => SendAsync("DELETE", path, null, headers);

    public async Task<ApiReply> SendAsync(string method, string path, byte[]? body, params (string Name, string Value)[] headers)
    {
        using HttpResponseMessage response = await OpenAsync(method, path, body, headers);
        bool isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        byte[] bytes = isStream ? [] : await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new ApiReply((int)response.StatusCode, bytes, response.Headers, response.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>Sends a request whose answer is read by the caller.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string method, string path, byte[]? body, params (string Name, string Value)[] headers)
    {
        // What is encoded stays as it is.
        var address = new Uri(_http.BaseAddress!.ToString().TrimEnd('/') + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(method), address);
        request.Content = body is null ? null : new ByteArrayContent(body);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>An answer that was read.</summary>
internal sealed record ApiReply(int Status, byte[] Bytes, HttpResponseHeaders Headers, string? Type)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public JsonNode Json => JsonNode.Parse(Bytes)!;

    public string? Tag => Headers.ETag?.Tag;

    public string? Error => (string?)Json["error"];
}
