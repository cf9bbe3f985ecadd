using System.Text;
using System.Text.Json.Nodes;

namespace Nexo.EndToEnd.Tests.Http;

/// <summary>One tail: reads server-sent events as they come.</summary>
internal sealed class EventPeer : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _lines;

    private EventPeer(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _lines = new StreamReader(body, Encoding.UTF8);
    }

    public static async Task<EventPeer> OpenAsync(ApiPeer peer, string path, params (string Name, string Value)[] headers)
    {
        HttpResponseMessage response = await peer.OpenAsync("GET", path, null, headers);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new EventPeer(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The next event; null: there are no more.</summary>
    public async Task<ServerEvent?> ReadAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        string name = "message";
        string? id = null;
        JsonNode? data = null;
        while (await _lines.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.Length == 0 && data is not null)
            {
                return new ServerEvent(name, id, data);
            }

            string[] parts = line.Split(": ", 2);
            switch (parts[0])
            {
                case "event":
                    name = parts[1];
                    break;
                case "id":
                    id = parts[1];
                    break;
                case "data":
                    data = JsonNode.Parse(parts[1]);
                    break;
                default:
                    break;
            }
        }

        return null;
    }

    public void Dispose()
    {
        _lines.Dispose();
        _response.Dispose();
    }
}

/// <summary>An event that has come.</summary>
internal sealed record ServerEvent(string Name, string? Id, JsonNode Data);
