using System.Diagnostics;
using System.Net.Sockets;
using Nexo.Client;
using Nexo.Server.Tls;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>Handshakes that never end cost a bounded amount, for a bounded time, and hold up nobody.</summary>
public sealed class TlsFloodTests : IDisposable
{
    // The beginning of a ClientHello of 512 bytes.
    private static readonly byte[] HalfOpen = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_thousand_half_open_handshakes_are_cut_and_others_served_meanwhile(bool begins)
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates, options => options with
        {
            Connections = options.Connections with { HelloTimeoutMs = 3_000 },
        });
        await using NexoClient before = await server.ConnectAsync(_certificates);
        long memory = GC.GetTotalMemory(forceFullCollection: true);
        List<Socket> flood = await FloodAsync(server.Port, 1_000, begins);
        await Poll.UntilAsync(() => server.Handshakes().Pending >= 900);
        long held = GC.GetTotalMemory(forceFullCollection: false) - memory;

        var clock = Stopwatch.StartNew();
        await before.Store.SetBytesAsync("k", new byte[] { 1 });
        await using NexoClient meanwhile = await server.ConnectAsync(_certificates);
        Assert.Equal(new byte[] { 1 }, (await meanwhile.Store.GetBytesAsync("k"))!.Value.Value.ToArray());
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2.5);

        await Poll.UntilAsync(() => server.Handshakes().Pending == 0);
        Assert.InRange(server.Handshakes().TimedOut, 1_000, 1_000);
        Assert.InRange(held, 0, 100_000_000);
        await Poll.UntilAsync(() => server.Native.Clients.Count == 2);
        flood.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task More_half_open_ones_than_there_are_places_give_them_up_after_a_second()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates, options => options with
        {
            Connections = options.Connections with { HelloTimeoutMs = 60_000 },
        });
        List<Socket> flood = await FloodAsync(server.Port, Handshakes.PlacesMax + 50, begins: true);

        var clock = Stopwatch.StartNew();
        await using NexoClient client = await server.ConnectAsync(_certificates);
        await client.Store.SetBytesAsync("k", new byte[] { 1 });
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 15);
        flood.ForEach(socket => socket.Dispose());
        await Poll.UntilAsync(() => server.Handshakes().Pending == 0);
    }

    [Fact]
    public async Task No_more_are_let_in_than_there_may_be_connections()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates, options => options with
        {
            Connections = options.Connections with { ConnectionsMax = 50, HelloTimeoutMs = 60_000 },
        });
        List<Socket> flood = await FloodAsync(server.Port, 200, begins: false);

        await Poll.UntilAsync(() => server.Handshakes().TimedOut == 150);
        Assert.Equal(50, server.Handshakes().Pending);
        flood.ForEach(socket => socket.Dispose());
        await Poll.UntilAsync(() => server.Handshakes().Pending == 0);
        await using NexoClient client = await server.ConnectAsync(_certificates);
        await client.Store.SetBytesAsync("k", new byte[] { 1 });
    }

    [Fact]
    public async Task A_ClientHello_that_contradicts_itself_is_a_handshake_that_failed()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", server.Port);

        // A session identifier of 255 bytes, of which there are none.
        await socket.SendAsync(
            new byte[] { 0x16, 0x03, 0x01, 0x00, 0x27, 0x01, 0x00, 0x00, 0x23, 0x03, 0x03, }.Concat(new byte[32]).Append((byte)0xff).ToArray());

        await Poll.UntilAsync(() => server.Handshakes() is { Pending: 0, Failed: 1 });
        await using NexoClient client = await server.ConnectAsync(_certificates);
        await client.Store.SetBytesAsync("k", new byte[] { 1 });
    }

    [Fact]
    public async Task One_that_sends_byte_after_byte_wins_no_time()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates, options => options with
        {
            Connections = options.Connections with { HelloTimeoutMs = 1_000 },
        });
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", server.Port);
        await socket.SendAsync(HalfOpen);
        var clock = Stopwatch.StartNew();
        Task<int> ended = socket.ReceiveAsync(new byte[64]);
        while (!ended.IsCompleted && clock.Elapsed.TotalSeconds < 20)
        {
            try
            {
                await socket.SendAsync(new byte[1]);
            }
            catch (SocketException)
            {
                break;
            }

            await Task.Delay(50);
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, 0.5, 15);
        await Poll.UntilAsync(() => server.Handshakes() is { Pending: 0, TimedOut: 1 });
    }

    [Fact]
    public async Task A_stop_waits_for_none_of_them()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates, options => options with
        {
            Connections = options.Connections with { HelloTimeoutMs = 60_000 },
        });
        List<Socket> flood = await FloodAsync(server.Port, 20, begins: true);
        flood.AddRange(await FloodAsync(server.MqttPort, 20, begins: false));
        await Poll.UntilAsync(() => server.Handshakes().Pending == 40);

        var clock = Stopwatch.StartNew();
        await server.StopAsync();

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 4);
        flood.ForEach(socket => socket.Dispose());
    }

    private static async Task<List<Socket>> FloodAsync(int port, int count, bool begins)
    {
        List<Socket> flood = [];
        for (int i = 0; i < count; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            flood.Add(socket);
            await socket.ConnectAsync("127.0.0.1", port);
            if (begins)
            {
                await socket.SendAsync(HalfOpen);
            }
        }

        return flood;
    }
}
