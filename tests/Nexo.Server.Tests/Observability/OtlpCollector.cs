using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace Nexo.Server.Tests.Observability;

/// <summary>A collector of OTLP over HTTP that keeps what it is sent.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    public OtlpCollector()
    {
        using (var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }

        _listener.Prefixes.Add($"{Url}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

    public ConcurrentQueue<(string Path, string? Key, byte[] Body)> Received { get; } = [];

    public bool Refuses { get; set; }

    /// <summary>The fields of a message of protobuf: number, and bytes; numbers are their eight bytes.</summary>
    public static IEnumerable<(int Field, byte[] Value)> Fields(byte[] message)
    {
        int at = 0;
        while (at < message.Length)
        {
            ulong key = Varint(message, ref at);
            byte[] value = new byte[8];
            switch (key & 7)
            {
                case 0:
                    BinaryPrimitives.WriteUInt64LittleEndian(value, Varint(message, ref at));
                    break;
                case 1:
                    value = message[at..(at + 8)];
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(message, ref at);
                    value = message[at..(at + length)];
                    at += length;
                    break;
                case 5:
                    message.AsSpan(at, 4).CopyTo(value);
                    at += 4;
                    break;
                default:
                    throw new FormatException($"wire type {key & 7}");
            }

            yield return ((int)(key >> 3), value);
        }
    }

    /// <summary>What is at the end of a path of fields.</summary>
    public static IEnumerable<byte[]> At(byte[] message, params int[] path) => path.Aggregate(
        (IEnumerable<byte[]>)[message],
        (found, field) => found.SelectMany(one => Fields(one).Where(pair => pair.Field == field).Select(pair => pair.Value)));

    /// <summary>The metrics of the last push by name, each as its message.</summary>
    public Dictionary<string, byte[]> Metrics()
    {
        byte[] last = Received.Last(one => one.Path == "/v1/metrics").Body;
        return At(last, 1, 2, 2).GroupBy(metric => Text(At(metric, 1).Single())).ToDictionary(same => same.Key, same => same.Last());
    }

    public static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = message[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                Received.Enqueue((context.Request.Url!.AbsolutePath, context.Request.Headers["x-key"], body.ToArray()));
                context.Response.StatusCode = Refuses ? 400 : 200;
                context.Response.Close();
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // It was stopped.
        }
    }
}
