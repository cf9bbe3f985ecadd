using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Nexo.Server.Http.Api;

namespace Nexo.EndToEnd.Tests.Http;

/// <summary>Requests that nobody would write.</summary>
public sealed class HttpFuzzTests(HttpFixture shared) : IClassFixture<HttpFixture>
{
    private static readonly string[] Methods = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "get", "X"];

    private static readonly string[] Pieces =
    [
        "/v1/store", "/v1/queues", "/v1/topics", "/v1/streams", "/v1/tail", "/v1/clients", "/v1/retained", "/", "//", "/..", "/a", "/%2F", "/%00",
        "/%FF", "/%", "/%4", "/messages", "/pull?wait=1ms", "/ack", "/records", "/tail", "/stats", "?", "&", "=", "?limit=1", "&limit=-1",
        "?cursor=00", "?cursor=0", "?filter=%23", "?filter=a%23", "?ttl=1", "?from=last:", "?count=0", "?key-encoding=base64url", "{", "+", "\u00e9", "~", "'", "\"",
    ];

    private static readonly string[] Bodies =
    [
        "", "{}", "[]", "{\"receipts\":[]}", "{\"receipts\":[\"1-1\"]}", "{\"lease_ms\":-1}", "{\"a\":{\"b\":{\"c\":[[[[[[[[[]]]]]]]]]}}}",
        "\0", "{\"x\":\"\\ud800\"}",
    ];

    [Fact]
    public async Task Are_answered_or_ended_and_never_by_a_failure_of_the_server()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        int answered = 0;
        for (int i = 0; i < 1_500; i++)
        {
            (byte[] request, bool isOdd) = Request(random);
            int status = await SendAsync(request, isOdd || random.Next(10) == 0);
            Assert.True(
                status is 0 or (>= 200 and < 500) or 501 or 505,
                $"seed {seed}, request {i}: {status} for {Encoding.Latin1.GetString(request)}");
            answered += status is >= 200 and < 300 ? 1 : 0;
        }

        Assert.True(answered > 50, $"seed {seed}: only {answered} requests were right");
        Assert.Equal(200, (await shared.Peer.GetAsync("/v1/store")).Status);
        await Poll.UntilAsync(() => shared.Server.Native.Clients.Count <= 1);
    }

    // An odd one may leave the server waiting for more.
    private static (byte[] Bytes, bool IsOdd) Request(Random random)
    {
        (string method, string path) = random.Next(2) == 0 ? Line(random) : Line(ApiRoutes.All[random.Next(ApiRoutes.All.Count)], random);
        string body = Bodies[random.Next(Bodies.Length)];
        bool isOdd = random.Next(10) == 0;
        var head = new StringBuilder($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        head.Append(random.Next(4) switch
        {
            0 => "Authorization: Basic ????\r\n",
            1 => "If-Match: \"x\r\nLast-Event-ID: -1\r\n",
            2 => "Nexo-Header-: x\r\nNexo-Header-A: \r\nNexo-Namespace: \r\n",
            _ => "",
        });
        head.Append(random.Next(5) == 0
            ? $"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n"
            : $"Content-Length: {body.Length + (isOdd ? random.Next(2) : 0)}\r\nConnection: close\r\n\r\n{body}");
        byte[] bytes = Encoding.Latin1.GetBytes(head.ToString());
        if (isOdd)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return (bytes, isOdd);
    }

    private static (string Method, string Path) Line(Random random)
    {
        var path = new StringBuilder();
        for (int pieces = random.Next(1, 6); pieces > 0; pieces--)
        {
            path.Append(Pieces[random.Next(Pieces.Length)]);
        }

        return (Methods[random.Next(Methods.Length)], path.ToString());
    }

    // Of a route that there is, with one parameter perhaps.
    private static (string Method, string Path) Line(ApiRoute route, Random random)
    {
        string[] words = ["a", "1", "%23", "%FF", "true", "end", "2d", "99999999999999999999", "1s", ""];
        string path = string.Join('/', route.Segments.Select(one => one[0] == '{' ? words[random.Next(words.Length)] : one));
        ApiField? field = route.Query.Count > 0 ? route.Query[random.Next(route.Query.Count)] : null;
        return (route.Method, field is null ? $"/{path}" : $"/{path}?{field.Name}={words[random.Next(words.Length)]}");
    }

    // 0: it was ended without an answer, or cut off by us, as what waits for ever.
    private async Task<int> SendAsync(byte[] request, bool endsSending)
    {
        var address = new Uri(shared.Server.HttpUrl!);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port));
        byte[] answer = new byte[64];
        try
        {
            await socket.SendAsync(request);
            if (endsSending)
            {
                socket.Shutdown(SocketShutdown.Send);
            }

            int count = await socket.ReceiveAsync(answer);
            string line = Encoding.ASCII.GetString(answer, 0, count);
            return line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(line.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0;
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
